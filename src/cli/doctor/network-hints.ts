import { causesOf } from '../causes.js';
import { ProxyRefusedError } from '../outbound/proxy-refused.error.js';

interface Place {
  /** `host:port` of the relay. */
  readonly host: string;
  /** `host:port` of the proxy before it, where there is one. */
  readonly proxy: string | undefined;
}

/** What to do about the error codes of Node's sockets and TLS. */
const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known; correct it in TWINLANE_SERVER, or look at the DNS of this machine',
  EAI_AGAIN: 'no DNS server answers; look at the network and at /etc/resolv.conf',
  ECONNREFUSED: 'nothing listens there; start the relay, or correct the port in TWINLANE_SERVER',
  ECONNRESET: 'the connection was cut; a firewall may be in the way, or the address wants https:// instead of http://',
  ETIMEDOUT: 'nobody answers; a firewall may be in the way, or a proxy is needed (HTTPS_PROXY)',
  UND_ERR_CONNECT_TIMEOUT: 'nobody answers; a firewall may be in the way, or a proxy is needed (HTTPS_PROXY)',
  EHOSTUNREACH: 'there is no way to it from this network; is a VPN needed?',
  ENETUNREACH: 'there is no way to it from this network; is a VPN needed?',
  CERT_HAS_EXPIRED: "its certificate has expired; renew it, or set this machine's clock if that is wrong",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; this machine's clock is probably wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; use that one in TWINLANE_SERVER',
  EPROTO: 'it does not speak TLS there; the address may want http:// instead of https://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there; the address may want http:// instead of https://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there; the address may want http:// instead of https://',
};

/** Codes that come before anything is said; behind a proxy they are about the proxy. */
const UNREACHED: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const UNKNOWN_AUTHORITY =
  'its certificate is signed by an authority that is not known here; pass that one with TWINLANE_CA_FILE';
const UNKNOWN_AUTHORITY_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Says why a place was not reached, and what to do. */
export function explain(error: unknown, { host, proxy }: Place): string {
  const chain = causesOf(error);
  const refused = chain.find((cause) => cause instanceof ProxyRefusedError);
  if (refused) return `${host}: ${refused.message}.`;
  const codes = chain.flatMap((cause) => ('code' in cause && typeof cause.code === 'string' ? [cause.code] : []));
  const hint = codes.some((code) => UNKNOWN_AUTHORITY_CODES.has(code))
    ? UNKNOWN_AUTHORITY
    : codes.map((code) => HINTS[code]).find((text) => text !== undefined);
  const innermost = chain.at(-1)?.message || codes[0] || String(error);
  const lost = codes.find((code) => UNREACHED.has(code));
  if (proxy !== undefined && lost !== undefined)
    return `The proxy ${proxy} is not reached (${lost}); correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or exempt ${host} with NO_PROXY.`;
  const where = proxy === undefined ? host : `${host} through the proxy ${proxy}`;
  if (hint !== undefined) return `${where}: ${hint} (${codes.at(-1) ?? innermost}).`;
  const advice =
    proxy === undefined
      ? 'Look at the address (TWINLANE_SERVER) and the network.'
      : 'Look at HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and ask who runs the proxy to let this address pass.';
  return `${where}: ${innermost}. ${advice}`;
}
