import type { AgentCommand, AgentMode, AgentStatus } from '../../../protocol/index.js';
import { type Raw, recordIn, recordsIn, textIn } from './read.js';

/** What the answer to `session/new`, `session/load` or `session/resume`, or an update, changes in an agent's status. */
export function changedStatus(raw: Raw): Partial<AgentStatus> {
  switch (raw['sessionUpdate']) {
    case undefined: {
      const modes = recordIn(raw, 'modes');
      return { ...fromConfig(raw), ...(modes ? fromModes(modes) : {}) };
    }
    case 'available_commands_update':
      return { commands: (recordsIn(raw, 'availableCommands') ?? []).flatMap(commandOf) };
    case 'current_mode_update':
      return given('current_mode', textIn(raw, 'currentModeId'));
    case 'config_option_update':
      return fromConfig(raw);
    case 'session_info_update':
      return given('title', textIn(raw, 'title'));
    default:
      return {};
  }
}

function fromModes(modes: Raw): Partial<AgentStatus> {
  const available = (recordsIn(modes, 'availableModes') ?? []).flatMap((mode) => modeOf(mode, 'id'));
  return { ...given('current_mode', textIn(modes, 'currentModeId')), modes: available };
}

/** Some agents show their modes as an option of the category `mode`, others their model. */
function fromConfig(raw: Raw): Partial<AgentStatus> {
  const options = recordsIn(raw, 'configOptions') ?? [];
  const find = (category: string): Raw | undefined => options.find((option) => option['category'] === category);
  const [mode, model] = [find('mode'), find('model')];
  return {
    ...(mode
      ? {
          ...given('current_mode', textIn(mode, 'currentValue')),
          modes: (recordsIn(mode, 'options') ?? []).flatMap((option) => modeOf(option, 'value')),
        }
      : {}),
    ...given('model', model && textIn(model, 'currentValue')),
  };
}

/** How its answer says that the mode of a session is changed: by a request of its own, or as an option with this id. */
export function modeSwitch(raw: Raw): 'session/set_mode' | { readonly configId: string } | undefined {
  if (recordIn(raw, 'modes')) return 'session/set_mode';
  const option = (recordsIn(raw, 'configOptions') ?? []).find(({ category }) => category === 'mode');
  const configId = option && textIn(option, 'id');
  return configId === undefined ? undefined : { configId };
}

function modeOf(raw: Raw, idField: string): AgentMode[] {
  const id = textIn(raw, idField);
  if (id === undefined) return [];
  return [{ id, name: textIn(raw, 'name') ?? id, ...given('description', textIn(raw, 'description')) }];
}

function commandOf(raw: Raw): AgentCommand[] {
  const name = textIn(raw, 'name');
  if (name === undefined) return [];
  const input = recordIn(raw, 'input');
  return [{ name, description: textIn(raw, 'description') ?? '', ...given('hint', input && textIn(input, 'hint')) }];
}

function given<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}
