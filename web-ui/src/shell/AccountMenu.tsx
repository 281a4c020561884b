import { ActionIcon, Menu } from '@mantine/core';
import { IconLogout, IconUserCircle, IconUserCog } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type Account, signOut } from '../auth/login';
import { ROLES } from '../words/people';

export function AccountMenu({ account }: { account: Account }) {
  const navigate = useNavigate();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account">
          <IconUserCircle size={19} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {account.name}
          {account.email && <div>{account.email}</div>}
          {account.role && <div>{ROLES[account.role].name}</div>}
        </Menu.Label>
        {account.kind !== 'token' && (
          <Menu.Item
            data-autofocus
            leftSection={<IconUserCog size={15} />}
            onClick={() => navigate({ to: '/account' })}
          >
            Account
          </Menu.Item>
        )}
        <Menu.Item data-autofocus leftSection={<IconLogout size={15} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
