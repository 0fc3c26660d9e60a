/** What `@Type` has noted; class-transformer shows it to nobody else. */
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage.js';
}
