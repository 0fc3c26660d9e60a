import { existsSync } from 'node:fs';

/** Where Debian puts it; `test/browser/install-chromium.sh` installs it there. */
const DEBIAN = '/usr/bin/chromium';

const wanted = process.env['CHROMIUM_PATH'] ?? DEBIAN;

/** What the tests drive; undefined where it is not there. */
export const CHROMIUM: string | undefined = existsSync(wanted) ? wanted : undefined;

/**
 * Why tests in a browser are skipped; undefined: they are not. Where everything must be tested nothing is, and they fail for want of a
 * browser.
 */
export const SKIPPED: string | undefined =
  CHROMIUM === undefined && process.env['CI'] !== 'true'
    ? `no Chromium at ${wanted}: run test/browser/install-chromium.sh, or name one in CHROMIUM_PATH`
    : undefined;
