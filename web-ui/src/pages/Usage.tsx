import { Button, Combobox, SegmentedControl, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import {
  type Asked,
  type Curve,
  type Figure,
  type Forecast,
  figure,
  type HeatMap,
  type Idle,
  minutesAhead,
  type Peaks,
  save,
  since,
  type Versions,
  type WhatIf,
} from '../api/analytics';
import { type License, queries } from '../api/queries';
import { CurvePlot } from '../plots/CurvePlot';
import { HeatPlot } from '../plots/HeatPlot';
import { PeaksPlot } from '../plots/PeaksPlot';
import { WhatIfPlot } from '../plots/WhatIfPlot';
import { Answered, Empty, Page as Frame, Panel, Status } from '../ui/parts';
import { Table } from '../ui/Table';
import { counted } from '../words/refusals';
import { exact, onDay, onUtcDay, span } from '../words/time';

const RANGES = [
  { value: '1', label: '24 hours' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
];

export function Page() {
  const licenses = useQuery(queries.allLicenses);
  return (
    <Frame title="Usage" about="Made of every seat that was taken and given back, so a peak is a fact and not a sample">
      <Answered query={licenses}>
        {({ items }) =>
          items.length === 0 ? (
            <Panel>
              <Empty title="Nothing is licensed yet">Usage begins with the first license.</Empty>
            </Panel>
          ) : (
            <OfLicense licenses={items} />
          )
        }
      </Answered>
    </Frame>
  );
}

function OfLicense({ licenses }: { licenses: License[] }) {
  const { license: wanted, days = 30 } = useSearch({ from: '/usage' });
  const navigate = useNavigate();
  const busiest = licenses.reduce((one, other) => (other.seats.in_use > one.seats.in_use ? other : one));
  const { id, key_hint } = licenses.find(({ id }) => id === wanted) ?? busiest;
  const hints = new Map(licenses.map(({ id, key_hint }) => [id, key_hint]));
  const matches = ({ value, label }: { value: string; label: string }, search: string) =>
    `${label} …${hints.get(value)}`.toLowerCase().includes(search.trim().toLowerCase());
  const go = (search: { license?: string; days?: number }) =>
    navigate({ to: '/usage', search: { license: id, days, ...search }, replace: true });
  const asked = { from: since(days) };
  const peaks = useQuery(figure<Peaks>(id, 'peaks', asked));
  return (
    <>
      <Panel
        title={
          <Select
            size="xs"
            className="license-choice"
            searchable
            allowDeselect={false}
            aria-label="License"
            data={licenses.map(({ id, customer, product, plan }) => ({
              value: id,
              label: `${customer.name}: ${product.name} ${plan.name}`,
            }))}
            // A long name is cut short, and the end of the key tells licenses of the same name apart.
            rightSection={
              <span className="key-hint chosen-key">
                …{key_hint} <Combobox.Chevron size="xs" />
              </span>
            }
            rightSectionWidth={88}
            rightSectionPointerEvents="none"
            filter={({ options, search }) => options.filter((option) => 'value' in option && matches(option, search))}
            renderOption={({ option }) => (
              <div>
                {option.label} <span className="key-hint">…{hints.get(option.value)}</span>
              </div>
            )}
            value={id}
            onChange={(id) => id && go({ license: id })}
          />
        }
        actions={
          <SegmentedControl
            size="xs"
            aria-label="How far back"
            data={RANGES}
            value={String(days)}
            onChange={(value) => go({ days: Number(value) })}
          />
        }
      >
        <Head title="The peak of each hour" license={id} figure="peaks" asked={asked} />
        <Answered query={peaks}>
          {(data) => (
            <>
              <Missing peaks={data} asked={asked.from} />
              <PeaksPlot peaks={data} />
              <Link to="/refusals" search={{ license: id }} className="more figure-foot">
                See each refusal
              </Link>
            </>
          )}
        </Answered>
      </Panel>
      {(peaks.data || !peaks.error) && <Further license={id} asked={asked} />}
    </>
  );
}

/** Why the figures do not go as far back as was asked. What is gone is not zero. */
function Missing({ peaks: { complete, from, kept_from }, asked }: { peaks: Peaks; asked: string }) {
  if (complete) return null;
  const isDropped = kept_from != null && Date.parse(kept_from) > Date.parse(asked);
  if (isDropped && Date.parse(from) === Date.parse(kept_from)) {
    return <Status tone="quiet">History from before {onUtcDay(kept_from)} was dropped, as the settings say.</Status>;
  }
  return <Status tone="warn">This node came later and has no older history; another node may have more.</Status>;
}

/** The other figures, which are made of the same history. Where that cannot be had, it is told once. */
function Further({ license, asked }: { license: string; asked: Asked }) {
  return (
    <>
      <IdleSeats license={license} asked={asked} />
      <div className="split" data-even>
        <Panel>
          <Busy license={license} asked={{ ...asked, utc_offset: minutesAhead() }} />
        </Panel>
        <Panel>
          <Durations license={license} asked={asked} />
        </Panel>
        <Panel>
          <MoreSeats license={license} asked={asked} />
        </Panel>
        <div className="stack">
          <Panel>
            <Outlook license={license} />
          </Panel>
          <Panel>
            <InUse license={license} />
          </Panel>
        </div>
      </div>
    </>
  );
}

/** A figure's name, and the way to have it as a file. */
function Head(props: { title: string; about?: ReactNode; license: string; figure: Figure; asked: Asked }) {
  const download = (format: 'csv' | 'json') =>
    save(props.license, props.figure, props.asked, format).catch((error: Error) =>
      notifications.show({ color: 'red', title: 'The file was not made', message: error.message }),
    );
  return (
    <div className="figure-head">
      <div>
        <h2 className="figure-title">{props.title}</h2>
        {props.about && <div className="dim small">{props.about}</div>}
      </div>
      <span>
        {(['csv', 'json'] as const).map((format) => (
          <Button
            key={format}
            variant="subtle"
            color="gray"
            size="compact-xs"
            aria-label={`${props.title} as ${format.toUpperCase()}`}
            onClick={() => download(format)}
          >
            {format.toUpperCase()}
          </Button>
        ))}
      </span>
    </div>
  );
}

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

function IdleSeats({ license, asked }: { license: string; asked: Asked }) {
  const idle = useQuery(figure<Idle>(license, 'idle', asked));
  return (
    <Answered query={idle}>
      {({ capacity, max, p95, mean, idle_at_max, idle_at_p95, full_share }) => {
        if (max == null || p95 == null || mean == null || idle_at_max == null || full_share == null) {
          return <Empty title="Nothing is on record of this time">Choose a later one.</Empty>;
        }
        const figures: [string, ReactNode, string][] = [
          ['Highest', `${max} of ${capacity}`, 'seats in use at once'],
          ['95% of the time', p95, `${p95 === 1 ? 'seat was' : 'seats were'} enough; ${idle_at_p95} idle`],
          ['On average', decimal.format(mean), 'seats in use'],
          ['Never needed', idle_at_max, `of ${counted(capacity, 'seat')}`],
          ['Every seat in use', percent.format(full_share), 'of the time'],
        ];
        return (
          <div className="cards narrow">
            {figures.map(([name, value, unit]) => (
              <Panel key={name}>
                <div className="dim small">{name}</div>
                <div className="figure">{value}</div>
                <div className="dim small">{unit}</div>
              </Panel>
            ))}
          </div>
        );
      }}
    </Answered>
  );
}

function Busy({ license, asked }: { license: string; asked: Asked }) {
  const heat = useQuery(figure<HeatMap>(license, 'heat-map', asked));
  return (
    <>
      <Head
        title="The hours of the week"
        about="Seats in use on average, by your clock"
        license={license}
        figure="heat-map"
        asked={asked}
      />
      <Answered query={heat}>{(data) => <HeatPlot heat={data} />}</Answered>
    </>
  );
}

function Durations({ license, asked }: { license: string; asked: Asked }) {
  const curve = useQuery(figure<Curve>(license, 'duration-curve', asked));
  return (
    <>
      <Head
        title="Seats by share of the time"
        about="How many were in use, and for how much of the time"
        license={license}
        figure="duration-curve"
        asked={asked}
      />
      <Answered query={curve}>{(data) => <CurvePlot curve={data} />}</Answered>
    </>
  );
}

const HOLDS = [
  { value: '', label: 'as long as others do' },
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '14400', label: '4 hours' },
  { value: '28800', label: '8 hours' },
];

const FROM_WHERE: { [is in WhatIf['hold_is']]: string } = {
  given: 'as you chose',
  median: 'the median of the sessions that ended in this time',
  assumed: 'because no session ended in this time',
};

function MoreSeats({ license, asked }: { license: string; asked: Asked }) {
  const [hold, setHold] = useState('');
  const with_hold = { ...asked, hold_seconds: hold ? Number(hold) : undefined };
  const whatIf = useQuery(figure<WhatIf>(license, 'what-if', with_hold));
  return (
    <>
      <Head
        title="With more seats"
        about="What happened, played again by the same rules"
        license={license}
        figure="what-if"
        asked={with_hold}
      />
      <Answered query={whatIf}>
        {(data) =>
          data.refusals === 0 ? (
            <NoneRefused whatIf={data} />
          ) : (
            <>
              <p className="say">
                {counted(data.refusals, 'refusal')} for want of a seat. <Enough whatIf={data} />
                {onRecord(data)}
              </p>
              <WhatIfPlot whatIf={data} />
              <div className="assumed">
                <span className="dim small">
                  Assumes that each would have kept a seat for <b>{span(data.hold_seconds)}</b>,{' '}
                  {FROM_WHERE[data.hold_is]}.
                </span>
                <Select
                  size="xs"
                  w={170}
                  allowDeselect={false}
                  aria-label="For how long they would have kept a seat"
                  data={HOLDS}
                  value={hold}
                  onChange={(value) => setHold(value ?? '')}
                />
              </div>
            </>
          )
        }
      </Answered>
    </>
  );
}

/** Since when refusals are on record, where that is not all of the time that was asked for. */
const onRecord = ({ complete, from }: WhatIf) =>
  complete ? '' : ` Refusals are on record since ${exact(from)}; before, there may have been more.`;

function NoneRefused({ whatIf }: { whatIf: WhatIf }) {
  if (Date.parse(whatIf.from) >= Date.parse(whatIf.to)) {
    return <Empty title="Nothing is on record of this time">Choose a later one.</Empty>;
  }
  return (
    <Empty title="Nobody was refused for want of a seat">
      More seats would have changed nothing.{onRecord(whatIf)}
    </Empty>
  );
}

function Enough({ whatIf: { items, refusals } }: { whatIf: WhatIf }) {
  const [one] = items;
  const enough = items.find(({ left }) => left === 0);
  if (enough?.seats === 1) return <>One more seat would have avoided {refusals === 1 ? 'it' : 'all of them'}.</>;
  return (
    <>
      {one && <>One more seat would have avoided {one.avoided.toLocaleString('en')}</>}
      {enough ? <>; {enough.seats} more, all of them.</> : '.'}
    </>
  );
}

function Outlook({ license }: { license: string }) {
  const asked = { utc_offset: minutesAhead() };
  const forecast = useQuery(figure<Forecast>(license, 'forecast', asked));
  return (
    <>
      <Head
        title="When the seats run out"
        about="The trend of the daily peaks, of up to 13 weeks"
        license={license}
        figure="forecast"
        asked={asked}
      />
      <Answered query={forecast}>{(data) => <Outlooked forecast={data} />}</Answered>
    </>
  );
}

function Outlooked({ forecast }: { forecast: Forecast }) {
  const { verdict, days, days_needed, capacity, level, weekly_low, weekly_likely, weekly_high } = forecast;
  if (verdict === 'too_little_data') {
    return (
      <Empty title="Too early to say">
        A trend takes {days_needed} whole days; there {days === 1 ? 'is 1' : `are ${days}`} so far.
      </Empty>
    );
  }
  const said = {
    reached: 'The busiest days use every seat already.',
    expected: `Every seat will be in use around ${forecast.likely ? onDay(forecast.likely) : ''}.`,
    not_within_a_year: 'Not within a year, if things go on as they do.',
  }[verdict];
  const [earliest, latest] = [forecast.earliest, forecast.latest];
  return (
    <>
      <p className="say">
        <Status tone={verdict === 'not_within_a_year' ? 'good' : 'warn'}>{said}</Status>
      </p>
      <p className="dim small">
        {verdict === 'expected' && earliest && (
          <>
            Between {onDay(earliest)} and {latest ? onDay(latest) : 'more than a year from now'}, with nine chances in
            ten.{' '}
          </>
        )}
        {verdict === 'not_within_a_year' && earliest && <>With bad luck from {onDay(earliest)} on. </>}
        The peaks of the busiest weekday are near {decimal.format(level ?? 0)} of {capacity} and change by{' '}
        {signed(weekly_likely)} seats a week ({signed(weekly_low)} to {signed(weekly_high)}), as {days} days tell.
      </p>
    </>
  );
}

const signed = (figure: number | null | undefined) =>
  new Intl.NumberFormat('en', { maximumFractionDigits: 2, signDisplay: 'exceptZero' }).format(figure ?? 0);

function InUse({ license }: { license: string }) {
  const versions = useQuery(figure<Versions>(license, 'versions', {}));
  return (
    <>
      <Head title="Versions in use now" license={license} figure="versions" asked={{}} />
      <Answered query={versions}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No seat is in use" />
          ) : (
            <Table
              label="Versions in use"
              rows={items}
              id={({ app, version, sdk }) => `${app} ${version} ${sdk}`}
              columns={[
                {
                  label: 'Application',
                  cell: ({ app, version }) => [app, version].filter(Boolean).join(' ') || 'not said',
                },
                { label: 'SDK', cell: ({ sdk }) => sdk ?? null },
                { label: 'Holders', align: 'right', cell: ({ holders }) => holders },
                { label: 'Sessions', align: 'right', cell: ({ sessions }) => sessions },
              ]}
            />
          )
        }
      </Answered>
    </>
  );
}
