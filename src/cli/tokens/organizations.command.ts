import type { CliIo } from '../cli-io.js';
import { OrganizationsSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { table, visibleLine } from '../text.js';
import { administer, shownTime, type Action } from './administer.js';

const HEAD = ['ID', 'NAME', 'CREATED'];

const ACTIONS: Readonly<Record<string, Action>> = {
  create: {
    words: ['<id>', '[name]'],
    optional: 1,
    run: async ({ administration, stdout, json, isJson }, [id = '', name]) => {
      const made = await administration.createOrganization({ id, ...(name === undefined ? {} : { name }) });
      if (isJson) return json(made);
      await stdout.line(
        `Made ${made.id}. Its first admin: npx twinlane tokens create <name> --role admin --organization ${made.id}`,
      );
    },
  },
  list: {
    words: [],
    run: async ({ administration, stdout, json, isJson }) => {
      const organizations = await administration.organizations();
      if (isJson) return json(organizations);
      const rows = organizations.map(({ id, name, createdAt }) => [id, visibleLine(name), shownTime(createdAt)]);
      await stdout.write(table([HEAD, ...rows]));
    },
  },
  delete: {
    words: ['<id>'],
    run: async ({ administration, stdout, json, isJson }, [id = '']) => {
      const gone = await administration.deleteOrganization(id);
      if (isJson) return json(gone);
      const { revokedTokens, deletedEnvironments } = gone;
      await stdout.line(
        `Deleted ${gone.id}: ${counted(revokedTokens, 'token')} revoked, ${counted(deletedEnvironments, 'environment')} gone.`,
      );
    },
  },
};

/** `twinlane organizations`: whose environments and tokens are nobody else's; for the relay's operator. */
export function organizationsCommand(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  io: CliIo,
): Promise<number> {
  const settings = readSettings('organizations', OrganizationsSettings, { flags, env: io.env });
  return administer('organizations', ACTIONS, words, settings, io);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
