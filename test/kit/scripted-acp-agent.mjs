// An ACP agent whose prompts are its script: one step a line, `name rest`. Sessions are kept in the file that the variable
// SCRIPTED_SESSIONS names, if any; with SCRIPTED_REOPENS=load or resume they can be gone on with.
import * as acp from '@agentclientprotocol/sdk';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';

const { SCRIPTED_SESSIONS, SCRIPTED_REOPENS, SCRIPTED_START, SCRIPTED_SESSION_ERROR, SCRIPTED_LOGIN, SCRIPTED_MODES } =
  process.env;
if (SCRIPTED_START === 'exit') process.exit(3);
process.stderr.write('scripted agent starts\n');
// A process that does not leave when its input is closed.
if (SCRIPTED_START === 'stubborn') setInterval(() => {}, 60_000);

const sessions = new Map(
  SCRIPTED_SESSIONS && existsSync(SCRIPTED_SESSIONS) ? JSON.parse(readFileSync(SCRIPTED_SESSIONS, 'utf8')) : [],
);
const cancelled = new Map();
const { session } = acp.methods.client;

function keep() {
  if (SCRIPTED_SESSIONS) writeFileSync(SCRIPTED_SESSIONS, JSON.stringify([...sessions]));
}

const modes = {
  currentModeId: 'build',
  availableModes: [
    { id: 'build', name: 'Build' },
    { id: 'plan', name: 'Plan', description: 'changes nothing' },
  ],
};

const modeOption = (currentValue) => ({
  id: 'way',
  name: 'Way',
  category: 'mode',
  type: 'select',
  currentValue,
  options: modes.availableModes.map(({ id, name }) => ({ value: id, name })),
});
let isLoggedIn = SCRIPTED_LOGIN === undefined;

function opened(sessionId, cwd, client) {
  sessions.set(sessionId, { cwd, said: sessions.get(sessionId)?.said ?? [] });
  keep();
  const commands = [{ name: 'review', description: 'reviews changes', input: { hint: '[branch]' } }];
  void client.notify(session.update, {
    sessionId,
    update: { sessionUpdate: 'available_commands_update', availableCommands: commands },
  });
  return SCRIPTED_MODES === 'option' ? { configOptions: [modeOption('build')] } : { modes };
}

/** What each step does; `text` is the rest of its line. */
const STEPS = {
  say: ({ update, text, id }) =>
    update({ sessionUpdate: 'agent_message_chunk', messageId: id, content: { type: 'text', text } }),
  think: ({ update, text, id }) =>
    update({ sessionUpdate: 'agent_thought_chunk', messageId: id, content: { type: 'text', text } }),
  burst: async ({ update, text, id }) => {
    for (let n = 1; n <= Number(text); n++)
      void update({ sessionUpdate: 'agent_message_chunk', messageId: id, content: { type: 'text', text: `${n} ` } });
  },
  /** A long answer in Markdown: so many sections, each in several chunks, with what a hostile text would try. */
  markdown: async ({ say, text }) => {
    for (let n = 1; n <= Number(text); n++) {
      await say(`# Section ${n}\n\nSome **bold** and \`code\` [of a link](https://example.com/${n}), `);
      await say(`![a picture](https://pictures.example/${n}.png) <img src="https://pictures.example/x">\n\n`);
      await say(`- one\n- two\n\n\`\`\`ts\nconst n = ${n};\n\`\`\`\n\n| a | b |\n|---|---|\n| ${n} | 2 |\n\n`);
    }
  },
  plan: ({ update, text }) =>
    update({
      sessionUpdate: 'plan',
      entries: text.split(',').map((content, at) => ({
        content,
        priority: 'high',
        status: at === 0 ? 'in_progress' : 'pending',
      })),
    }),
  mode: ({ update, text }) => update({ sessionUpdate: 'current_mode_update', currentModeId: text }),
  title: ({ update, text }) => update({ sessionUpdate: 'session_info_update', title: text }),
  use: ({ update, text }) => update({ sessionUpdate: 'usage_update', used: Number(text), size: 1000 }),
  unknown: ({ update }) => update({ sessionUpdate: 'something_newer', text: 'x' }),
  said: ({ say, sessionId }) => say(sessions.get(sessionId).said.join('|')),
  works: ({ say, sessionId }) => say(String(sessions.get(sessionId).mode)),
  cwd: ({ say, sessionId }) => say(sessions.get(sessionId).cwd),
  env: ({ say, text }) => say(String(process.env[text])),
  blocks: ({ say, blocks }) => say(JSON.stringify(blocks)),
  /** Everything again from the start under the same name, after a pause. */
  restream: async ({ update, text, id, pause }) => {
    const chunks = text.split(' ').map((word) => `${word} `);
    const send = (chunk) =>
      update({ sessionUpdate: 'agent_message_chunk', messageId: id, content: { type: 'text', text: chunk } });
    for (const chunk of chunks.slice(0, 2)) await send(chunk);
    await pause();
    for (const chunk of chunks) await send(chunk);
  },
  /** A tool whose output grows, as snapshots of all of it. */
  tool: async ({ update, text }) => {
    const toolCallId = `call-${randomUUID()}`;
    await update({ sessionUpdate: 'tool_call', toolCallId, title: 'count', kind: 'search', status: 'pending' });
    let output = '';
    for (const word of text.split(' ')) {
      output += `${word}\n`;
      const content = [{ type: 'content', content: { type: 'text', text: output } }];
      await update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'in_progress', content });
    }
    await update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'completed' });
  },
  /** `edit <path> <new text>`: asks, and writes through the client when it may. */
  edit: async ({ update, ask, text, client, sessionId, say }) => {
    const [path, ...words] = text.split(' ');
    const newText = words.join(' ');
    const toolCallId = `call-${randomUUID()}`;
    const diff = { type: 'diff', path, oldText: existsSync(path) ? readFileSync(path, 'utf8') : null, newText };
    const call = { toolCallId, title: 'write', kind: 'edit', locations: [{ path }], rawInput: { path, newText } };
    await update({ sessionUpdate: 'tool_call', ...call, status: 'pending' });
    const chosen = await ask({ ...call, content: [diff] });
    if (chosen === undefined) return;
    if (!chosen.startsWith('allow')) {
      await update({
        sessionUpdate: 'tool_call_update',
        toolCallId,
        status: 'failed',
        rawOutput: { error: 'refused' },
      });
      return 'stop';
    }
    await client.request(acp.methods.client.fs.writeTextFile, { sessionId, path, content: newText });
    await update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'completed', content: [diff] });
    await say(chosen);
  },
  /** `ask <kind> <path or -> <title>`: asks about a call of its own, and says the answer. */
  ask: async ({ ask, text, say }) => {
    const [kind, path, ...words] = text.split(' ');
    const locations = path === '-' ? [] : [{ path }];
    await say(String(await ask({ toolCallId: `call-${randomUUID()}`, title: words.join(' '), kind, locations })));
  },
  read: async ({ client, sessionId, text, say }) => {
    const [path, line, limit] = text.split(' ');
    const window = { ...(line ? { line: Number(line) } : {}), ...(limit ? { limit: Number(limit) } : {}) };
    const { content } = await client.request(acp.methods.client.fs.readTextFile, { sessionId, path, ...window });
    await say(content);
  },
  /** `write <path> <text>`, without a question of its own. */
  write: async ({ client, sessionId, text, say }) => {
    const [path, ...words] = text.split(' ');
    await client.request(acp.methods.client.fs.writeTextFile, { sessionId, path, content: words.join(' ') });
    await say('written');
  },
  /** Has the client run a command line, and shows its terminal as a tool. */
  run: async ({ client, sessionId, text, say, update }) => {
    const terminal = await client.createTerminal({ sessionId, command: text });
    const toolCallId = `call-${randomUUID()}`;
    const content = [{ type: 'terminal', terminalId: terminal.id }];
    const fields = { toolCallId, title: text, kind: 'execute', status: 'in_progress', content };
    await update({ sessionUpdate: 'tool_call', ...fields });
    const { exitCode } = await terminal.waitForExit();
    const { output } = await terminal.currentOutput();
    await terminal.release();
    await update({ sessionUpdate: 'tool_call_update', toolCallId, status: exitCode === 0 ? 'completed' : 'failed' });
    await say(`${exitCode}: ${output}`);
  },
  /** Starts a tool of its own, in a group of its own as real agents do; says its process id. */
  spawn: async ({ say }) => {
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    await say(String(child.pid));
  },
  crash: () => process.kill(process.pid, 'SIGKILL'),
  hang: () => new Promise(() => {}),
  /** Waits for a cancel, and ends as text says. */
  wait: async ({ untilCancelled, text }) => {
    await untilCancelled;
    return text || 'cancelled';
  },
  fail: ({ text }) => {
    throw new acp.RequestError(-32_603, 'Internal error', { details: text });
  },
  end: ({ text }) => text,
  noise: ({ text }) => void process.stderr.write(`${text}\n`),
  line: ({ text }) => void process.stdout.write(`${'x'.repeat(Number(text))}\n`),
};

async function prompt({ params, client }) {
  const { sessionId, prompt: blocks } = params;
  const text = blocks.map((block) => block.text ?? '').join('');
  sessions.get(sessionId).said.push(text.split('\n')[0]);
  keep();
  const untilCancelled = new Promise((resolve) => cancelled.set(sessionId, resolve));
  const id = `message-${randomUUID()}`;
  const update = (fields) => client.notify(session.update, { sessionId, update: fields });
  const say = (words) => STEPS.say({ update, text: words, id });
  const ask = async (toolCall) => {
    const options = [
      { optionId: 'allow', kind: 'allow_once', name: 'Allow once' },
      { optionId: 'allow-always', kind: 'allow_always', name: 'Always allow' },
      { optionId: 'reject', kind: 'reject_once', name: 'Reject' },
    ];
    const { outcome } = await client.request(session.requestPermission, { sessionId, toolCall, options });
    return outcome.optionId;
  };
  const pause = () => new Promise((resolve) => setTimeout(resolve, Number(process.env.SCRIPTED_PAUSE_MS ?? 1)));
  for (const line of text.split('\n')) {
    const [name, ...words] = line.split(' ');
    const step = { text: words.join(' '), sessionId, client, blocks, id, update, say, ask, pause, untilCancelled };
    const stop = await STEPS[name]?.(step);
    if (stop === 'stop') break;
    if (typeof stop === 'string') return { stopReason: stop };
  }
  return { stopReason: 'end_turn', usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } };
}

const { agent } = acp.methods;
const app = acp
  .agent({ name: 'scripted' })
  .onRequest(agent.initialize, () => {
    if (SCRIPTED_START === 'hang') return new Promise(() => {});
    return {
      protocolVersion: SCRIPTED_START === 'newer' ? 99 : acp.PROTOCOL_VERSION,
      agentCapabilities: {
        loadSession: SCRIPTED_REOPENS === 'load',
        promptCapabilities: { image: true },
        sessionCapabilities: SCRIPTED_REOPENS === 'resume' ? { resume: {} } : {},
      },
      authMethods: [
        { id: 'login', name: 'Login', description: 'run `scripted login`' },
        { id: 'tui', name: 'By hand', type: 'terminal', args: ['log in', '--now'], env: { HOW: 'by hand' } },
      ],
    };
  })
  .onRequest(agent.session.new, ({ params, client }) => {
    if (SCRIPTED_SESSION_ERROR) throw new acp.RequestError(Number(SCRIPTED_SESSION_ERROR), 'not now');
    if (!isLoggedIn) throw acp.RequestError.authRequired();
    const sessionId = `session-${randomUUID()}`;
    return { sessionId, ...opened(sessionId, params.cwd, client) };
  })
  .onRequest(agent.session.load, async ({ params, client }) => {
    if (!sessions.has(params.sessionId)) throw acp.RequestError.sessionNotFound(params.sessionId);
    const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'said before' } };
    await client.notify(session.update, { sessionId: params.sessionId, update });
    return opened(params.sessionId, params.cwd, client);
  })
  .onRequest(agent.session.resume, ({ params, client }) => {
    if (!sessions.has(params.sessionId)) throw acp.RequestError.sessionNotFound(params.sessionId);
    return opened(params.sessionId, params.cwd, client);
  })
  .onRequest(agent.authenticate, ({ params }) => {
    if (params.methodId !== SCRIPTED_LOGIN) throw new acp.RequestError(-32_603, 'no such account');
    isLoggedIn = true;
    return {};
  })
  .onRequest(agent.session.setMode, ({ params }) => {
    if (params.modeId === 'plan' && SCRIPTED_MODES === 'stuck') throw new acp.RequestError(-32_603, 'not now');
    sessions.get(params.sessionId).mode = params.modeId;
    return {};
  })
  .onRequest(agent.session.setConfigOption, ({ params }) => {
    sessions.get(params.sessionId).mode = `${params.configId}=${params.value}`;
    return { configOptions: [modeOption(params.value)] };
  })
  .onRequest(agent.session.prompt, prompt)
  .onNotification(agent.session.cancel, ({ params }) => cancelled.get(params.sessionId)?.());

const connection = app.connect(acp.ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
void connection.closed.then(() => {
  if (SCRIPTED_START !== 'stubborn') process.exit(0);
});
