// What an agent of a bench says: by turns it thinks, writes Markdown and runs a tool that prints, in pieces as small as models give them.

/** Deltas until it begins again: some of each kind. */
const CYCLE = 2_000;
const REASONING_UNTIL = 200;
const TEXT_UNTIL = 1_400;
const WORDS = [
  'the relay ',
  'holds back ',
  'what nobody ',
  'has *read*, ',
  'and `control` ',
  'stays fast; ',
  'a **window** ',
];
/** Text of a block, in deltas. */
const BLOCK = 40;
const OPENINGS = ['', '', '', '### What it means\n\n', '- first\n- ', '> ', '```ts\n'];
const CODE = ['const ', 'frame ', '= ', 'await ', 'next(); ', '// one ', '\n'];

/** The delta of this number in the turn of this name. */
export function deltaOf(turn, number) {
  const cycle = Math.floor(number / CYCLE);
  const at = number % CYCLE;
  const id = `${turn}-${cycle}`;
  if (at < REASONING_UNTIL) return { message_type: 'reasoning_message', id: `${id}-r`, reasoning: wordOf(at) };
  if (at < TEXT_UNTIL) return { message_type: 'assistant_message', id: `${id}-a`, content: textOf(at) };
  return toolOf(id, at, number);
}

function textOf(at) {
  const opening = OPENINGS[Math.floor(at / BLOCK) % OPENINGS.length];
  const isCode = opening.startsWith('```');
  const word = isCode ? CODE[at % CODE.length] : wordOf(at);
  if (at % BLOCK === 0) return opening + word;
  return at % BLOCK === BLOCK - 1 ? `${word}${isCode ? '\n```' : ''}\n\n` : word;
}

function wordOf(at) {
  return WORDS[at % WORDS.length];
}

function toolOf(id, at, number) {
  const call = `${id}-call`;
  const command = 'npm test';
  if (at === TEXT_UNTIL) {
    const args = JSON.stringify({ command });
    return { message_type: 'tool_call_message', id, tool_call: { name: 'shell', arguments: args, tool_call_id: call } };
  }
  const returned = { message_type: 'tool_return_message', id: `${id}-t`, tool_call_id: call, name: 'shell' };
  if (at === TEXT_UNTIL + 1)
    return { message_type: 'client_tool_start', id: `${id}-s`, tool_call_id: call, tool_name: 'shell', command };
  if (at === CYCLE - 1) return { ...returned, status: 'success', exit_code: 0, tool_return: '' };
  return {
    ...returned,
    status: 'running',
    stream: 'stdout',
    tool_return: `ok ${number} - what is sent arrives once\n`,
  };
}

/** What a turn's first delta shows, and its last. */
export const beginOf = (turn) => `begin-of-${turn}`;
export const endOf = (turn) => `end-of-${turn}`;

/** An input for the narrator: so many deltas, at so many a second. */
export const inputFor = (turn, deltas, rate) => `narrate ${turn}: ${deltas} at ${rate}`;

/** @returns undefined where it is none */
export function readInput(text) {
  const [, turn, deltas, rate] = /narrate ([\w-]+): (\d+) at (\d+)/.exec(text) ?? [];
  return turn === undefined ? undefined : { turn, deltas: Number(deltas), rate: Number(rate) };
}
