// A table that becomes a list of cards where the screen is narrow.
import { Button, Center, VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { Answered } from './parts';

export interface Column<T> {
  label: string;
  cell: (row: T) => ReactNode;
  align?: 'right';
  /** A long text, which may take several lines. */
  wrap?: boolean;
  /** Left out where the screen is narrow. */
  wide?: boolean;
}

export function Table<T>(props: { label: string; rows: T[]; columns: Column<T>[]; id: (row: T) => string | number }) {
  return (
    <div className="scroll">
      {/* The roles are said, since a table that is laid out as cards loses its own. */}
      {/* biome-ignore-start lint/a11y/noRedundantRoles: see above */}
      <table className="table" role="table" aria-label={props.label}>
        <thead role="rowgroup">
          <tr role="row">
            {props.columns.map(({ label, align }) => (
              <th key={label} role="columnheader" data-align={align} scope="col">
                {label || <VisuallyHidden>Actions</VisuallyHidden>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {props.rows.map((row) => (
            <tr key={props.id(row)} role="row">
              {props.columns.map(({ label, cell, align, wrap, wide }) => {
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
                    {content ?? <span className="dim">–</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {/* biome-ignore-end lint/a11y/noRedundantRoles: see above */}
    </div>
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
export function PagedTable<T>(props: {
  label: string;
  query: Pages<T>;
  columns: Column<T>[];
  id: (row: T) => string | number;
  empty: ReactNode;
}) {
  const { query } = props;
  return (
    <Answered query={query}>
      {(data) => {
        const rows = data.pages.flatMap(({ items }) => items);
        if (rows.length === 0) return props.empty;
        return (
          <>
            <Table label={props.label} rows={rows} columns={props.columns} id={props.id} />
            {query.hasNextPage && (
              <Center p="sm">
                <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                  Show more
                </Button>
              </Center>
            )}
          </>
        );
      }}
    </Answered>
  );
}
