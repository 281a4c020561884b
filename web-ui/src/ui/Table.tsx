// A table that becomes a list of cards where the screen is narrow.
import { Button, Center, Select, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Order } from '../api/queries';
import { Answered, Empty } from './parts';

export interface Column<T, Key extends string = string> {
  label: string;
  cell: (row: T) => ReactNode;
  align?: 'right';
  /** A long text, which may take several lines. */
  wrap?: boolean;
  /** Left out where the screen is narrow. */
  wide?: boolean;
  /** What the server sorts by for this column, and which way at first. */
  sort?: Key;
  first?: Order;
}

export interface Sorting<Key extends string> {
  sort: Key;
  order: Order;
  onSort: (sort: Key, order: Order) => void;
}

interface Frame<T, Key extends string> {
  label: string;
  columns: Column<T, Key>[];
  sorting?: Sorting<Key>;
  children: ReactNode;
}

// The roles are said, since a table that is laid out as cards loses its own.
// biome-ignore-start lint/a11y/noRedundantRoles: see above

/** The table around its rows. */
export function TableFrame<T, Key extends string>({ label, columns, sorting, children }: Frame<T, Key>) {
  return (
    <div className="scroll">
      <table className="table" role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <Head key={column.label} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">{children}</tbody>
      </table>
    </div>
  );
}

function Head<T, Key extends string>({ column, sorting }: { column: Column<T, Key>; sorting?: Sorting<Key> }) {
  const { label, align, sort } = column;
  const is = sorting !== undefined && sort === sorting.sort ? sorting.order : null;
  const turned = is === 'asc' ? 'desc' : 'asc';
  const Arrow = is === 'desc' ? IconArrowDown : IconArrowUp;
  return (
    <th
      role="columnheader"
      data-align={align}
      scope="col"
      aria-sort={is === null ? undefined : is === 'asc' ? 'ascending' : 'descending'}
    >
      {sorting && sort ? (
        <button
          type="button"
          className="sort"
          data-sorted={is ?? undefined}
          onClick={() => sorting.onSort(sort, is === null ? (column.first ?? 'asc') : turned)}
        >
          {label}
          <Arrow size={12} className="sort-arrow" aria-hidden />
        </button>
      ) : (
        label || <VisuallyHidden>Actions</VisuallyHidden>
      )}
    </th>
  );
}

export function Cells<T, Key extends string>({ row, columns }: { row: T; columns: Column<T, Key>[] }) {
  return (
    <tr role="row">
      {columns.map(({ label, cell, align, wrap, wide }) => {
        const content = cell(row);
        return (
          <td
            key={label}
            role="cell"
            data-label={label}
            data-align={align}
            data-wrap={wrap}
            data-wide={wide}
            data-empty={content == null || undefined}
          >
            {content ?? (label && <span className="dim">–</span>)}
          </td>
        );
      })}
    </tr>
  );
}

// biome-ignore-end lint/a11y/noRedundantRoles: see above

export function Table<T, Key extends string = string>(props: {
  label: string;
  rows: T[];
  columns: Column<T, Key>[];
  id: (row: T) => string | number;
  sorting?: Sorting<Key>;
}) {
  return (
    <TableFrame label={props.label} columns={props.columns} sorting={props.sorting}>
      {props.rows.map((row) => (
        <Cells key={props.id(row)} row={row} columns={props.columns} />
      ))}
    </TableFrame>
  );
}

/** What to sort by where the columns have no heads. */
export function SortChoice<T, Key extends string>({
  columns,
  sorting,
}: {
  columns: Column<T, Key>[];
  sorting: Sorting<Key>;
}) {
  const choice = columns.flatMap(({ label, sort, first = 'asc' }) => (sort ? [{ value: sort, label, first }] : []));
  return (
    <Select
      hiddenFrom="sm"
      size="xs"
      w={150}
      leftSection="Sort"
      leftSectionWidth={44}
      allowDeselect={false}
      aria-label="Sort by"
      data={choice}
      value={sorting.sort}
      onChange={(value) => {
        const chosen = choice.find((one) => one.value === value);
        if (chosen) sorting.onSort(chosen.value as Key, chosen.first);
      }}
    />
  );
}

interface Pages<T> {
  data?: { pages: { items: T[] }[] };
  error: Error | null;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** A list that comes page by page. */
export function PagedTable<T, Key extends string = string>(props: {
  label: string;
  query: Pages<T>;
  columns: Column<T, Key>[];
  id: (row: T) => string | number;
  empty: ReactNode;
  sorting?: Sorting<Key>;
}) {
  const { query } = props;
  return (
    <Answered query={query}>
      {(data) => {
        const rows = data.pages.flatMap(({ items }) => items);
        if (rows.length === 0 && !query.hasNextPage) return props.empty;
        return (
          <>
            {rows.length > 0 ? (
              <Table label={props.label} rows={rows} columns={props.columns} id={props.id} sorting={props.sorting} />
            ) : (
              <Empty title="Nothing found so far">What was looked through so far has none of it.</Empty>
            )}
            <More query={query} />
          </>
        );
      }}
    </Answered>
  );
}

export function More({ query }: { query: Omit<Pages<unknown>, 'data'> }) {
  if (!query.hasNextPage) return null;
  return (
    <Center p="sm">
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        Show more
      </Button>
    </Center>
  );
}
