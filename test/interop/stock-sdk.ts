/** The part of `@letta-ai/letta-client` that the REST side of a relay serves. */
export interface StockSdk {
  readonly environments: {
    list(query: object): Promise<unknown>;
    retrieve(deviceId: string): Promise<unknown>;
    sendMessage(connectionId: string, body: object): Promise<unknown>;
  };
}

/** Loads the SDK from this folder's own packages, which are there only once `npm run test:interop` has installed them. */
export async function stockSdk(options: { baseURL: string; apiKey: string }): Promise<StockSdk> {
  const url = new URL('node_modules/@letta-ai/letta-client/index.mjs', import.meta.url);
  const { default: Letta } = (await import(/* @vite-ignore */ url.href)) as {
    default: new (settings: object) => StockSdk;
  };
  return new Letta(options);
}
