import { HttpsProxyAgent } from 'https-proxy-agent';
import { ProxyRefusedError } from './proxy-refused.error.js';

/** A tunnel through an HTTP proxy, for sockets. Without it, a proxy's refusal would pass for one of the relay. */
export class TunnelAgent extends HttpsProxyAgent<string> {
  override connect(...[request, target]: Parameters<HttpsProxyAgent<string>['connect']>) {
    request.once('proxyConnect', ({ statusCode, statusText }: { statusCode: number; statusText: string }) => {
      if (statusCode === 200) return;
      request.destroy(
        new ProxyRefusedError(this.proxy, `${target.host}:${target.port}`, `${statusCode} ${statusText}`),
      );
    });
    return super.connect(request, target);
  }
}
