export const DAY_MS = 24 * 60 * 60 * 1_000;

export const MIB = 1024 * 1024;

/** For `IsUrl`: the addresses of a relay. */
export const HTTP_URL = { require_tld: false, require_protocol: true, protocols: ['http', 'https'] };
export const WANTS_HTTP_URL = '$property must be an http or https URL, like http://127.0.0.1:7400';
