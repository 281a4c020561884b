// A role by its name, and by the one that the API and the command line have for it where that is another.
import type { Role } from '../auth/login';
import { ROLES } from '../words/people';

export function RoleName({ role }: { role: Role }) {
  const { name, may } = ROLES[role];
  return (
    <span title={may}>
      {name}
      {name.toLowerCase() !== role && <span className="mono dim small whole"> {role}</span>}
    </span>
  );
}
