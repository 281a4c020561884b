// How the vendor is seen by those who sign in, and by whom else they may be known.
import { Page as Frame } from '../ui/parts';
import { Branding } from './settings/Branding';
import { IdentityProviders } from './settings/IdentityProviders';

export function Page() {
  return (
    <Frame title="Settings" about="They hold for every node, at once">
      <Branding />
      <IdentityProviders />
    </Frame>
  );
}
