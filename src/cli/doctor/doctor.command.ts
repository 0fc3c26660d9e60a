import type { CliIo } from '../cli-io.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { Output } from '../output.js';
import { DoctorSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { visible } from '../text.js';
import { keepAlive } from '../waiting.js';
import { Checkup } from './checkup.js';
import { STEPS, type StepResult } from './step.js';

const MARKS = { ok: 'ok', failed: 'FAIL', skipped: '-' } as const;
const MARK_WIDTH = 6;
const STEP_WIDTH = Math.max(...STEPS.map(({ length }) => length)) + 2;

/** `twinlane doctor`: checks the way to the relay, and says what to do at the first thing that fails. */
export function doctorCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const settings = readSettings('doctor', DoctorSettings, { flags, env: io.env });
  return keepAlive(async () => {
    const access = await findRelay(settings, io);
    const way = await outbound(access.server, settings, io.env);
    const checkup = new Checkup(
      { server: access.server, token: await access.token() },
      way,
      settings.dataDir,
      undefined,
      undefined,
      settings.probeName,
    );
    const stdout = new Output(io.stdout);
    const steps: StepResult[] = [];
    if (!settings.json) await stdout.write(`The way to ${access.server}\n\n`);
    const exitCode = await checkup.run(async (result) => {
      steps.push(result);
      if (!settings.json) await stdout.write(row(result));
    });
    const ok = exitCode === EXIT.OK;
    const proxy = checkup.proxy?.host ?? null;
    if (settings.json) await stdout.write(`${JSON.stringify({ ok, server: access.server, proxy, steps }, null, 2)}\n`);
    else if (ok) await stdout.write('\nA listener can work with this relay.\n');
    return exitCode;
  });
}

function row({ step, state, detail }: StepResult): string {
  return `  ${MARKS[state].padEnd(MARK_WIDTH)}${step.padEnd(STEP_WIDTH)}${visible(detail)}`.trimEnd() + '\n';
}
