// Two sockets at a server that understands nothing, for what opening and holding them costs.
import { CrowdPeer } from './crowd-peer.mjs';

export class CrowdPlain extends CrowdPeer {
  constructor(part, server, side, name) {
    super(part);
    this.urls = ['control', 'stream'].map((channel) => `${server}/${side}/${name}-${channel}`);
  }

  dial() {
    let missing = this.urls.length;
    for (const url of this.urls) this.open(url, { opened: () => --missing === 0 && this.ready() });
  }

  lost() {}
}
