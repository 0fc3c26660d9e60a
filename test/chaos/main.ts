import { createHash } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NATS_SERVER } from '../kit/nats-server.js';
import { type ChaosOptions, readChaosOptions, USAGE, wantsUsage } from './chaos-options.js';
import { ChaosRun } from './chaos-run.js';
import { describeFailures } from './describe-failures.js';
import { type Fault, faultSchedule, type WantedFault } from './fault-schedule.js';
import { conclusion, isProven, jsonLine, notStruck, type RunResult, table } from './report.js';

const EXIT_USAGE = 2;
/** What a planted bug needs to show. A listener that hears nothing sends again what the relay has read. */
const FIRST: Readonly<Record<NonNullable<ChaosOptions['plant']>, readonly WantedFault[]>> = {
  dedupe: [{ kind: 'half-open', side: 'listener', sockets: 'both', direction: 'down', bothDirections: false }],
  tail: [{ kind: 'kill-listener-offline' }],
};

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @returns the exit code */
async function chaos(options: ChaosOptions): Promise<number> {
  const { engine, nodes, seed, seconds, reference, plant } = options;
  const faults = faultSchedule({ ...options, ...(plant ? { first: FIRST[plant] } : {}) });
  const hash = createHash('sha256').update(JSON.stringify(faults)).digest('hex').slice(0, 12);
  const relays = engine === 'nats' ? `, relay nodes on NATS: ${nodes}` : '';
  const planted = plant ? `, planted bug: ${plant}` : '';
  say(`seed ${seed}: ${faults.length} faults planned in ${seconds} s (schedule ${hash})${relays}${planted}`);
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-chaos-')));
  const run = new ChaosRun(options, folder);
  let isKept = true;
  try {
    const result = await runToItsEnd(run, faults);
    const proven = isProven(result);
    isKept = options.keeps || (!proven && !reference && !plant);
    say(table(result));
    say(`links: ${result.links.join('; ')}`);
    for (const line of describeFailures(result)) say(line);
    if (isKept) say(`witness files and logs: ${folder}`);
    say(notStruck(result));
    say(conclusion(result, plant));
    say(jsonLine(result));
    return proven || reference ? 0 : 1;
  } catch (error) {
    say(`The run broke: ${error instanceof Error ? error.message : String(error)} (see ${folder})`);
    return 1;
  } finally {
    if (!isKept) await rm(folder, { recursive: true, force: true });
  }
}

async function runToItsEnd(run: ChaosRun, faults: readonly Fault[]): Promise<RunResult> {
  try {
    return await run.run(faults);
  } finally {
    await run.end();
  }
}

function optionsOrUsage(): ChaosOptions {
  try {
    const options = readChaosOptions(process.argv.slice(2));
    if (options.engine === 'nats' && NATS_SERVER === undefined)
      throw new Error(
        '--engine nats needs nats-server: test/kit/install-nats-server.sh installs it, or NATS_SERVER_PATH names one.',
      );
    return options;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exit(EXIT_USAGE);
  }
}

if (wantsUsage(process.argv.slice(2))) {
  say(USAGE);
  process.exit(0);
}
process.exit(await chaos(optionsOrUsage()));
