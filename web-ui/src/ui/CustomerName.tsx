// A customer by its name, where only the id is known.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../api/queries';

export function CustomerName({ id }: { id: string }) {
  const { data, isError } = useQuery({ ...queries.customer(id), staleTime: 60_000 });
  if (!data && !isError) return <span className="dim">…</span>;
  return (
    <Link to="/customers/$id" params={{ id }}>
      {data?.name ?? 'The customer'}
    </Link>
  );
}
