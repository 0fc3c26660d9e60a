import type { Delta } from 'twinlane/protocol';
import { contentText, recordsIn, textIn } from './read-fields.js';
import { ToolCall, callsIn } from './tool-call.js';
import type { ItemList } from './item-list.js';
import { AgentText, DeviceCommand, Notice, Plan, UserMessage } from './transcript-items.js';
import type { TurnMeter } from './turn-meter.js';

/** What reading a delta may change. */
export interface DeltaTarget {
  readonly items: ItemList;
  readonly meter: TurnMeter;
  /** Epoch ms, of the device. */
  readonly at: number | undefined;
}

type DeltaReader = (delta: Delta, target: DeltaTarget) => void;

/** Of every kind of delta that is shown; what is not here shows nothing. */
const READERS: ReadonlyMap<string, DeltaReader> = new Map<string, DeltaReader>([
  ['user_message', readInput],
  ['assistant_message', (delta, target) => readText('assistant', delta, contentText(delta['content']), target)],
  ['reasoning_message', (delta, target) => readText('reasoning', delta, contentText(delta['reasoning']), target)],
  ['tool_call_message', readCall],
  ['approval_request_message', readCall],
  ['client_tool_start', (delta, target) => onCall(delta, target, (call) => call.start(delta, target.at))],
  ['client_tool_end', (delta, target) => onCall(delta, target, (call) => (call.endedAt = target.at))],
  ['tool_return_message', readReturn],
  ['usage_statistics', readUsage],
  ['status', readStatus],
  ['retry', readRetry],
  ['loop_error', readError],
  ['slash_command_start', readCommand],
  ['slash_command_end', readCommandEnd],
]);

export function readDelta(delta: Delta, target: DeltaTarget): void {
  target.meter.count(delta);
  READERS.get(delta.message_type)?.(delta, target);
}

function readUsage(delta: Delta, { items, meter }: DeltaTarget): void {
  meter.use(delta);
  items.touch();
}

function readInput(delta: Delta, { items, at }: DeltaTarget): void {
  items.add((key) => new UserMessage(key, at, delta['content']));
}

function readText(kind: AgentText['kind'], delta: Delta, text: string, { items, at }: DeltaTarget): void {
  if (text === '') return;
  const { last } = items;
  const goesOn = last instanceof AgentText && last.kind === kind && last.messageId === delta.id && !last.isFinished;
  const item = goesOn ? last : items.add((key) => new AgentText(key, at, kind, delta.id));
  item.text.append(text);
  items.touch(item);
}

function readCall(delta: Delta, target: DeltaTarget): void {
  for (const call of callsIn(delta)) {
    const id = textIn(call, 'tool_call_id');
    if (id === undefined) continue;
    const item = callOf(id, target);
    item.announce(delta, call);
    target.items.touch(item);
  }
}

function readReturn(delta: Delta, target: DeltaTarget): void {
  const several = recordsIn(delta, 'tool_returns');
  if (several.length === 0) return onCall(delta, target, (call) => call.returns(delta, target.at));
  for (const one of several) onCall(one, target, (call) => call.returns(one, target.at));
}

function onCall(fields: Readonly<Record<string, unknown>>, target: DeltaTarget, change: (call: ToolCall) => void) {
  const id = textIn(fields, 'tool_call_id');
  if (id === undefined) return;
  const item = callOf(id, target);
  change(item);
  if (item.isOver) target.items.live.delete(item);
  // What its card says is not said again at the end of the turn.
  if (item.note !== '') target.items.complaints.add(item.note);
  target.items.touch(item);
}

/** The call of this id; a new one where its announcement was not seen. */
export function callOf(id: string, { items, meter, at }: DeltaTarget): ToolCall {
  const known = items.calls.get(id);
  if (known) return known;
  meter.tools++;
  const item = items.add((key) => new ToolCall(key, at, id));
  items.calls.set(id, item);
  items.live.add(item);
  return item;
}

function readStatus(delta: Delta, { items, at }: DeltaTarget): void {
  const message = contentText(delta['message']);
  const entries = recordsIn(delta, 'plan').map((entry) => ({
    content: contentText(entry['content']),
    status: textIn(entry, 'status') ?? 'pending',
  }));
  if (entries.length > 0) {
    // A plan that changes stays where it is as long as its turn goes on; what was done about it is read further down.
    const item = items.plan ?? items.add((key) => new Plan(key, at));
    items.plan = item;
    item.entries = entries;
    items.touch(item);
  } else if (message !== '') {
    const level = textIn(delta, 'level');
    items.add((key) => new Notice(key, at, level === 'warning' || level === 'error' ? level : 'info', message));
  }
}

/** Attempts follow each other; one line tells of the newest. */
function readRetry(delta: Delta, { items, at }: DeltaTarget): void {
  const attempt = delta['attempt'];
  const why = contentText(delta['message']) || contentText(delta['reason']);
  const words = `Trying again${typeof attempt === 'number' ? ` (attempt ${attempt})` : ''}${why === '' ? '' : `: ${why}`}`;
  const { last } = items;
  if (last instanceof Notice && last.message.startsWith('Trying again')) {
    last.message = words;
    items.touch(last);
  } else items.add((key) => new Notice(key, at, 'warning', words));
}

function readError(delta: Delta, { items, at }: DeltaTarget): void {
  const message = contentText(delta['message']);
  if (message === '' || items.complaints.has(message)) return;
  items.complaints.add(message);
  items.add((key) => new Notice(key, at, 'error', message));
}

function readCommand(delta: Delta, { items, at }: DeltaTarget): void {
  const input = textIn(delta, 'input') ?? `/${textIn(delta, 'command_id') ?? 'command'}`;
  items.add((key) => new DeviceCommand(key, at, input));
}

function readCommandEnd(delta: Delta, { items, at }: DeltaTarget): void {
  const input = textIn(delta, 'input') ?? `/${textIn(delta, 'command_id') ?? 'command'}`;
  const { last } = items;
  const begun = last instanceof DeviceCommand && last.succeeded === undefined ? last : undefined;
  const item = begun ?? items.add((key) => new DeviceCommand(key, at, input));
  item.output = contentText(delta['output']);
  item.succeeded = delta['success'] !== false;
  items.touch(item);
}
