import { runtimeKey, type Clock, type Runtime, SparseMap } from '../../protocol/index.js';

/** Whose `sync` a device is answering: what it shows again meanwhile is for them alone (protocol section 4). */
export class SyncAskers<Client extends object> {
  private readonly asking = new SparseMap<string, Client[]>();

  /** @param lingerMs events may come that much later than the answer, because they wait for their turn; in ms */
  constructor(
    private readonly clock: Clock,
    private readonly lingerMs: number,
  ) {}

  /** @returns to be called when the device has answered */
  add(runtime: Runtime, client: Client): () => void {
    const key = runtimeKey(runtime);
    this.asking.set(key, [...(this.asking.get(key) ?? []), client]);
    return () => void this.clock.after(this.lingerMs, () => this.remove(key, client));
  }

  of(runtime: Runtime): Client[] {
    return [...new Set(this.asking.get(runtimeKey(runtime)))];
  }

  private remove(key: string, client: Client): void {
    const clients = this.asking.get(key) ?? [];
    const index = clients.indexOf(client);
    const rest = clients.filter((_, other) => other !== index);
    if (rest.length > 0) this.asking.set(key, rest);
    else this.asking.delete(key);
  }
}
