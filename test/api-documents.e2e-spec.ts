import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from './kit/api/openapi.js';
import { RelayUnderTest } from './kit/relay-under-test.js';

/** Express' own list of what it serves. */
interface Router {
  readonly stack: readonly {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  }[];
}

let relay: RelayUnderTest;
beforeAll(async () => {
  relay = await RelayUnderTest.start();
});
afterAll(() => relay.close());

function textOf(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

describe('docs/openapi.json', () => {
  let document: ReturnType<typeof openApiDocument>;
  beforeAll(() => {
    document = openApiDocument(relay.app);
  });

  it('is what the controllers, their comments and DTOs say', async () => {
    await expect(textOf(document)).toMatchFileSnapshot('../docs/openapi.json');
  });

  it('is OpenAPI', async () => {
    expect(await new Validator().validate(textOf(document))).toEqual({ valid: true });
  });

  it('has every route that the relay serves, and no other', () => {
    const { stack } = (relay.app.getHttpAdapter().getInstance() as { router: Router }).router;
    const served = stack.flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`) : [],
    );
    const told = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(told.toSorted()).toEqual(served.toSorted());
    expect(told).toContain('post /v1/environments/register');
  });

  it('is served, to anybody', async () => {
    const answer = await relay.rest('/v1/openapi.json', { token: 'none' });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer).toMatchObject({ status: 200, body: JSON.parse(textOf(document)) });
  });
});
