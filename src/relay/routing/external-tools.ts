import { runtimeKey, type Frame, type Runtime, SparseMap } from '../../protocol/index.js';
import { relayAnswer } from './error-answers.js';

/** Which client carries out a runtime's external tools: the last that gave them (protocol section 4). */
export class ExternalTools<Client extends object> {
  private readonly clients = new SparseMap<string, Client>();

  gave(client: Client, runtime: Runtime): void {
    this.clients.set(runtimeKey(runtime), client);
  }

  clientOf(runtime: Runtime | undefined): Client | undefined {
    return runtime && this.clients.get(runtimeKey(runtime));
  }

  leave(client: Client): void {
    for (const [key, owner] of this.clients) if (owner === client) this.clients.delete(key);
  }
}

/** Whether a command hands in external tools. */
export function givesTools(command: Frame): boolean {
  return Array.isArray(command['external_tools']);
}

/** What the device is told when nobody can carry its tool out. */
export function noToolClient(request: Frame): Frame {
  const answer = relayAnswer('external_tool_call', 'NO_TOOL_CLIENT');
  return {
    ...answer,
    request_id: request['request_id'],
    ...('runtime' in request ? { runtime: request['runtime'] } : {}),
  };
}
