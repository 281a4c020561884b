// What was done, said in a corner for a moment.
import '@mantine/notifications/styles.css';
import { Notifications } from '@mantine/notifications';

export function Said() {
  return <Notifications position="bottom-right" autoClose={4000} />;
}
