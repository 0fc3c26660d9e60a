// What the console's page costs whoever looks at it: the built one in Chromium, with a real relay and listener, and an agent that says so
// many deltas a second. Beside it, in the same run, what it is to be compared with:
//   list    from navigation until the list of environments is seen; beside it: the same list, asked for by the client library in Node
//   turn    from Enter until the first delta is seen; beside it: the same turn by the client library in Node
//   frames  pictures that are missing during a burst; beside it: an idle page, and a page that shows something else while a client
//           in Node reads the same burst
//   memory  heap and elements after all those deltas; beside it: the same page before them
// Run after `npm run build`: npm run --silent bench:console [-- --rounds 15 --seconds 10 --rate 5000 --profile DIRECTORY]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../dist/client/index.js';
import { temporaryDirectory } from './kit/at-exit.mjs';
import { heapBytes, metricsOf, openBrowser, openPage } from './kit/browser.mjs';
import { median, observeMachine, printResult, progress, quantile, round } from './kit/figures.mjs';
import { firstLoadOf, printConsole } from './kit/console-tables.mjs';
import { sizesOfConsole } from './kit/first-load.mjs';
import { beginOf, endOf, inputFor } from './kit/narration.mjs';
import { readOptions } from './kit/options.mjs';
import { beginFrames, expectText, installMeter, readFrames, seenAtEnd } from './kit/page-meter.mjs';
import { startProgram, startRelay } from './kit/programs.mjs';
import { TOKEN } from './kit/token.mjs';

const { rounds, seconds, rate, profile } = readOptions({ rounds: 15, seconds: 10, rate: 5_000, profile: '' });
/** A picture is late beyond this many display intervals. */
const LATE = 1.5;
const SHORT_TURN = 5;
/** Events of the past that the page reads at first. */
const HISTORY = 20_000;
const REOPENED = 5;
const PATIENCE_MS = 120_000;
/** One turn of a wheel, and how often it turns, in px and ms. */
const WHEEL = { px: 400, everyMs: 60, turns: 12 };

const browser = await openBrowser();
if (!browser) {
  progress('There is no Chromium: run test/browser/install-chromium.sh, or name one in CHROMIUM_PATH.');
  process.exit(1);
}
const machine = observeMachine();
const directory = temporaryDirectory();
const relay = await startRelay(directory);
const narrator = await startProgram('narrator', { server: relay.url, token: TOKEN, directory: temporaryDirectory() });
const client = new TwinlaneClient({ server: relay.url, token: TOKEN, WebSocket });
const [environment] = await client.environments({ onlineOnly: true });
let turns = 0;
/** By turn: when its agent had said all, in epoch ms. */
const said = new Map();

/** A conversation that nothing was said in. */
async function conversation() {
  const attachment = await client.attach(environment);
  await attachment.runtimeStart({ agent_id: null });
  const address = `${relay.url}/#/e/${environment.id}/conversation/${attachment.runtime.conversation_id}`;
  return { attachment, address };
}

async function signedIn() {
  const opened = await openPage(browser, installMeter);
  opened.page.setDefaultTimeout(PATIENCE_MS);
  await opened.page.goto(`${relay.url}/#token=${TOKEN}`);
  await opened.page.locator('.environment-row').first().waitFor();
  return opened;
}

async function openConversation({ page }, address) {
  await page.goto(address);
  const input = page.getByRole('textbox', { name: 'Input' });
  await input.and(page.locator(':enabled')).waitFor();
  return input;
}

/** Ms from navigation, as the page's own clock counts. */
async function listedAt(page) {
  await page.waitForFunction(() => globalThis.benchMeter.listedAt > 0);
  return page.evaluate(() => globalThis.benchMeter.listedAt);
}

async function measureLists() {
  const found = { cold: [], warm: [], library: [] };
  for (let turn = 0; turn < rounds; turn++) {
    const begun = performance.now();
    await client.environments();
    found.library.push(performance.now() - begun);
    const opened = await openPage(browser, installMeter);
    await opened.page.goto(`${relay.url}/#token=${TOKEN}`);
    found.cold.push(await listedAt(opened.page));
    await opened.page.reload();
    found.warm.push(await listedAt(opened.page));
    await opened.close();
  }
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, spread(values)]));
}

/** One after the other, in conversations of their own. */
async function measureTurns() {
  const found = { page: [], library: [] };
  const opened = await signedIn();
  const ofPage = await conversation();
  const ofLibrary = await conversation();
  const input = await openConversation(opened, ofPage.address);
  ofPage.attachment.close();
  for (let turn = 0; turn <= rounds; turn++) {
    const both = { page: await turnOfPage(opened.page, input), library: await turnOfLibrary(ofLibrary.attachment) };
    // The first of each also fetches and compiles.
    if (turn > 0) for (const [name, ms] of Object.entries(both)) found[name].push(ms);
  }
  ofLibrary.attachment.close();
  await opened.close();
  const [page, library] = [spread(found.page), spread(found.library)];
  return { page, library, addsMs: round(median(found.page.map((ms, turn) => ms - found.library[turn]))) };
}

async function turnOfPage(page, input) {
  const name = `page-${++turns}`;
  await input.fill(inputFor(name, SHORT_TURN, rate));
  await page.evaluate(expectText, beginOf(name));
  await input.press('Enter');
  await page.waitForFunction(() => globalThis.benchMeter.shownAt > 0);
  const ms = await page.evaluate(() => globalThis.benchMeter.shownAt - globalThis.benchMeter.enteredAt);
  await page.waitForFunction(seenAtEnd, endOf(name));
  return ms;
}

async function turnOfLibrary(attachment) {
  const name = `library-${++turns}`;
  const begun = performance.now();
  let ms;
  for await (const { delta } of await attachment.turn(inputFor(name, SHORT_TURN, rate)))
    if (delta?.content?.startsWith(beginOf(name))) ms = performance.now() - begun;
  return ms;
}

/** What the page shows of pictures, and what its main thread works, while something goes on. */
async function watchFrames({ page, devtools }, meanwhile) {
  await page.evaluate(beginFrames);
  const before = await metricsOf(devtools);
  const spoken = await meanwhile();
  const behindMs = spoken && (await behind(page, spoken));
  const after = await metricsOf(devtools);
  const { intervals, tasks, elements } = await page.evaluate(readFrames);
  const wall = after.Timestamp - before.Timestamp;
  const percent = (field) => round(((after[field] - before[field]) / wall) * 100, 1);
  return {
    intervals,
    elements,
    ...(behindMs === undefined ? {} : { behindMs }),
    longTasks: tasks.length,
    longestTaskMs: Math.round(Math.max(0, ...tasks)),
    busyPercent: percent('TaskDuration'),
    scriptPercent: percent('ScriptDuration'),
    layoutPercent: round(percent('LayoutDuration') + percent('RecalcStyleDuration'), 1),
  };
}

/** How much later than the agent said its last word the page shows it. */
async function behind(page, { turn, at, isFollowed }) {
  if (!isFollowed) return undefined;
  const seen = await page.waitForFunction(seenAtEnd, endOf(turn), { polling: 'raf' });
  return Math.max(0, (await seen.jsonValue()) - at);
}

/** A turn of all the deltas, as anybody sends it, until the agent has said them. */
async function burst(attachment, isFollowed) {
  const turn = `burst-${++turns}`;
  await attachment.send(inputFor(turn, seconds * rate, rate));
  const { at, seconds: took } = await narrator.hears(`said-${turn}`, seconds * 1_000 + PATIENCE_MS);
  said.set(turn, { at, took });
  return { turn, at, isFollowed };
}

/** Up and down, until it is told to stop. */
async function turnWheel(page, isOver) {
  await page.mouse.move(700, 300);
  for (let at = 0; !isOver(); at++) {
    const down = Math.floor(at / WHEEL.turns) % 2 === 1;
    await page.mouse.wheel(0, down ? WHEEL.px : -WHEEL.px);
    await after(WHEEL.everyMs);
  }
}

/** The wheel may still be turning in the page, which takes it away from the end again. */
async function goToEnd(page, text) {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await after(WHEEL.everyMs)) {
    await page.getByRole('log').press('End');
    if (await page.evaluate(seenAtEnd, text)) return;
  }
  throw new Error(`The page does not show ${text}.`);
}

async function profiled({ devtools }, name, run) {
  if (profile === '') return run();
  await devtools.send('Profiler.enable');
  await devtools.send('Profiler.start');
  const result = await run();
  const { profile: found } = await devtools.send('Profiler.stop');
  writeFileSync(path.join(profile, `${name}.cpuprofile`), JSON.stringify(found));
  return result;
}

async function measureBursts() {
  const opened = await signedIn();
  const elsewhere = await conversation();
  const shown = await conversation();
  const frames = {};
  const watch = async (name, meanwhile) => {
    frames[name] = await watchFrames(opened, meanwhile);
    progress(`${name}: ${frames[name].intervals.length} pictures, main thread ${frames[name].busyPercent} % busy`);
  };
  const reading = readUntil(elsewhere.attachment, endOf(`burst-${turns + 1}`));
  await watch('elsewhere', () => burst(elsewhere.attachment, false));
  const libraryBehindMs = (await reading) - said.get(`burst-${turns}`).at;
  elsewhere.attachment.close();
  frames.elsewhere.behindMs = Math.max(0, libraryBehindMs);
  await openConversation(opened, shown.address);
  const empty = await holds(opened);
  await watch('idle', () => after(seconds * 1_000));
  await profiled(opened, 'burst', () => watch('burst', () => burst(shown.attachment, true)));
  await profiled(opened, 'scrolled', () =>
    watch('scrolled', async () => {
      let isOver = false;
      const turning = turnWheel(opened.page, () => isOver);
      await burst(shown.attachment, false);
      isOver = true;
      await turning;
    }),
  );
  const last = endOf(`burst-${turns}`);
  await goToEnd(opened.page, last);
  const full = await holds(opened);
  shown.attachment.close();
  const again = await measureReopened(opened, shown.attachment, last);
  await opened.close();
  return {
    frames: summaryOf(frames),
    memory: { deltas: 2 * seconds * rate, empty, full, ...perDelta(empty, full) },
    again,
  };
}

/** @returns when it has read a text, in epoch ms */
async function readUntil(attachment, text) {
  for await (const { type, delta } of attachment.events()) {
    if (type === 'resume_gap') throw new Error('events were lost');
    if (delta?.content?.startsWith(text)) return Date.now();
  }
  throw new Error(`${text} was never said`);
}

/** What the page holds; garbage is none. */
async function holds({ page, devtools }) {
  const heap = await heapBytes(devtools);
  const { Nodes } = await metricsOf(devtools);
  return { heap, nodes: Nodes, elements: (await page.evaluate(readFrames)).elements };
}

function perDelta(empty, full) {
  return { bytesPerDelta: Math.round((full.heap - empty.heap) / (2 * seconds * rate)) };
}

/** Ms from navigation until the newest that was said is seen, and what the library needs to read as much. */
async function measureReopened({ page }, { runtime }, text) {
  const found = { page: [], library: [] };
  for (let turn = 0; turn < REOPENED; turn++) {
    const begun = performance.now();
    const attachment = await client.attach(environment, { runtime, history: HISTORY });
    await readUntil(attachment, text);
    found.library.push(performance.now() - begun);
    attachment.close();
    await page.reload();
    await page.waitForFunction(seenAtEnd, text, { polling: 'raf' });
    found.page.push(await page.evaluate(() => performance.now()));
  }
  return { events: HISTORY, page: spread(found.page), library: spread(found.library) };
}

/** The display's interval is that of the idle page. */
function summaryOf(frames) {
  const interval = median(frames.idle.intervals);
  return Object.fromEntries(
    Object.entries(frames).map(([name, { intervals, ...rest }]) => {
      const late = intervals.filter((ms) => ms > LATE * interval);
      const missing = late.reduce((sum, ms) => sum + Math.round(ms / interval) - 1, 0);
      const sorted = intervals.toSorted((a, b) => a - b);
      const missingPercent = round((missing / (missing + intervals.length)) * 100);
      const all = { pictures: intervals.length, late: late.length, missing, missingPercent };
      return [name, { ...all, p99Ms: round(quantile(sorted, 0.99), 1), maxMs: round(quantile(sorted, 1), 1), ...rest }];
    }),
  );
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50Ms: round(quantile(sorted, 0.5), 1), p90Ms: round(quantile(sorted, 0.9), 1) };
}

const sizes = sizesOfConsole();
const list = await measureLists();
progress(`list: ${list.cold.p50Ms} ms at first, ${list.warm.p50Ms} ms again`);
const turn = await measureTurns();
progress(`first delta: ${turn.page.p50Ms} ms in the page, ${turn.library.p50Ms} ms by the library`);
const { frames, memory, again } = await measureBursts();
await browser.close();
await narrator.stop();
await relay.stop();

const result = { rounds, seconds, rate, list, turn, frames, memory, again, firstLoad: firstLoadOf(sizes), sizes };
printConsole(result, HISTORY);
printResult({ bench: 'console', ...result, machine: machine() });
