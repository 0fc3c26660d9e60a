import type { TokenEntry, TokenRequest } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { TokensSettings } from '../settings/client.settings.js';
import { durationMs } from '../settings/duration.js';
import { readSettings } from '../settings/read-settings.js';
import { table, visibleLine } from '../text.js';
import { administer, shownTime, type Action } from './administer.js';

const HEAD = ['ID', 'NAME', 'ROLE', 'ORGANIZATION', 'ENVIRONMENTS', 'ACCESS', 'STATE', 'EXPIRES', 'LAST USED'];

/** `twinlane tokens`: makes, lists and revokes the tokens of organisations. */
export function tokensCommand(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  io: CliIo,
): Promise<number> {
  const settings = readSettings('tokens', TokensSettings, { flags, env: io.env });
  return administer('tokens', actionsOf(settings), words, settings, io);
}

function actionsOf(settings: TokensSettings): Readonly<Record<string, Action>> {
  return {
    create: {
      words: ['<name>'],
      run: async ({ administration, stdout, note, json, isJson, now }, [name = '']) => {
        const made = await administration.createToken(requestOf(name, settings, now));
        if (isJson) return json(made);
        note(`Token ${made.id} for ${visibleLine(made.name)}: ${described(made)}. It is shown this once:`);
        await stdout.line(made.token);
      },
    },
    list: {
      words: [],
      run: async ({ administration, stdout, note, json, isJson }) => {
        const tokens = await administration.tokens(settings.organization);
        if (isJson) return json(tokens);
        if (tokens.length === 0)
          return note('No tokens yet. To make one: npx twinlane tokens create <name> --role device');
        await stdout.write(table([HEAD, ...tokens.map(row)]));
      },
    },
    revoke: {
      words: ['<id>'],
      run: async ({ administration, stdout, json, isJson }, [id = '']) => {
        const revoked = await administration.revokeToken(id);
        if (isJson) return json(revoked);
        await stdout.line(`Revoked ${revoked.id} (${visibleLine(revoked.name)}); what it had open is closed.`);
      },
    },
  };
}

function requestOf(name: string, settings: TokensSettings, now: number): TokenRequest {
  const { role, environments, access, mayApprove, expires, organization } = settings;
  const livesMs = expires === undefined ? undefined : durationMs(expires);
  return {
    name,
    role,
    ...(environments === undefined ? {} : { environments }),
    ...(access === undefined ? {} : { access }),
    ...(mayApprove === undefined ? {} : { mayApprove }),
    ...(organization === undefined ? {} : { organizationId: organization }),
    ...(livesMs === undefined ? {} : { expiresAt: now + livesMs }),
  };
}

function described({ role, organizationId, environments, expiresAt, ...scopes }: TokenEntry): string {
  const rights = role === 'client' ? `, ${accessOf({ role, ...scopes })}` : '';
  const where = role === 'admin' ? '' : ` of environments named ${environments.map(visibleLine).join(', ')}`;
  const end = expiresAt === null ? 'does not expire' : `expires ${shownTime(expiresAt)}`;
  return `${role}${where}, organisation ${organizationId}${rights}, ${end}`;
}

function row(token: TokenEntry): string[] {
  const { id, name, role, organizationId, environments, state, expiresAt, lastUsedAt } = token;
  return [
    id,
    name,
    role,
    organizationId,
    role === 'admin' ? '*' : environments.join(','),
    accessOf(token),
    state,
    shownTime(expiresAt),
    shownTime(lastUsedAt),
  ].map(visibleLine);
}

function accessOf({ role, access, mayApprove }: Pick<TokenEntry, 'role' | 'access' | 'mayApprove'>): string {
  if (role !== 'client') return '-';
  return mayApprove ? `${access}, approves` : access;
}
