import { PERMISSION_MODES } from 'twinlane/protocol';
import { Icon, Menu } from '../../ui/index.js';
import { meaningOfMode } from '../composer/slash-commands.js';
import type { Conversation } from '../store/conversation.store.js';

interface ModeBarProps {
  readonly conversation: Conversation;
  readonly maySteer: boolean;
  readonly setMode: (mode: string) => void;
  readonly setAgentMode: (mode: string) => void;
}

/** Where the conversation works, what is asked before something is done, and in which mode its agent is. */
export function ModeBar({ conversation, maySteer, setMode, setAgentMode }: ModeBarProps) {
  const device = conversation.status.device.value;
  if (!device) return null;
  const { mode, modes, directory, agent } = device;
  const known = modes.length === 0 ? PERMISSION_MODES : modes;
  const agentMode = agent.modes.find(({ id }) => id === agent.mode)?.name ?? agent.mode;
  return (
    <div class="mode-bar">
      {agent.title !== undefined && <strong class="mode-bar__title">{agent.title}</strong>}
      {directory !== undefined && (
        <span class="mode-bar__place" title="Working directory of this conversation">
          <Icon name="folder" size={13} /> <bdi>{directory}</bdi>
        </span>
      )}
      {agent.model !== undefined && <span title="Model">{agent.model}</span>}
      {mode !== undefined &&
        (maySteer ? (
          <Menu
            label={`Permission mode: ${mode}`}
            button={<ModeButton name={mode} />}
            entries={known.map((one) => ({
              label: meaningOfMode(one) === '' ? one : `${one}: ${meaningOfMode(one)}`,
              checked: one === mode,
              run: () => setMode(one),
            }))}
          />
        ) : (
          <span title="Permission mode">mode {mode}</span>
        ))}
      {agentMode !== undefined && maySteer && (
        <Menu
          label={`Mode of the agent: ${agentMode}`}
          button={<ModeButton name={agentMode} />}
          entries={agent.modes.map(({ id, name, description }) => ({
            label: description === undefined ? name : `${name}: ${description}`,
            checked: id === agent.mode,
            run: () => setAgentMode(id),
          }))}
        />
      )}
    </div>
  );
}

function ModeButton({ name }: { readonly name: string }) {
  return (
    <>
      {name} <Icon name="chevronDown" size={12} />
    </>
  );
}
