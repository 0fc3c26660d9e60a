import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Logger, LogLevel } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FILE = 'client-api.md';

const MARKDOWN: Partial<PluginOptions> = {
  entryFileName: FILE,
  outputFileStrategy: 'modules',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  enumMembersFormat: 'table',
};

/** What `docs/client-api.md` holds. */
export interface ClientReference {
  readonly text: string;
  /** What is exported without a word, refers to nothing, or uses a type that is not exported. */
  readonly complaints: readonly string[];
}

class Complaints extends Logger {
  constructor(private readonly texts: string[]) {
    super();
  }

  override log(text: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.texts.push(text);
  }
}

/** @param out an empty directory */
export async function clientReference(out: string): Promise<ClientReference> {
  const complaints: string[] = [];
  const app = await Application.bootstrapWithPlugins({
    ...(MARKDOWN as object),
    entryPoints: [path.join(ROOT, 'src/client/index.ts')],
    tsconfig: path.join(ROOT, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    out,
    // tsc has its own step.
    skipErrorChecking: true,
    name: 'twinlane/client',
    readme: 'none',
    excludePrivate: true,
    excludeProtected: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    disableGit: true,
    hideGenerator: true,
    blockTags: ['@throws', '@param', '@returns', '@example', '@defaultValue'],
    modifierTags: ['@publicApi', '@internal'],
    excludeTags: ['@publicApi'],
    groupOrder: ['Classes', 'Functions', 'Variables', '*'],
    // The one is exported, which typedoc does not see through `keyof`; of the other the type derived from it is.
    intentionallyNotExported: ['EventPayloads', 'AUDIT_KINDS'],
    validation: {
      notExported: true,
      invalidLink: true,
      notDocumented: true,
      rewrittenLink: false,
      unusedMergeModuleWith: true,
    },
    requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Method', 'Accessor'],
  });
  app.logger = new Complaints(complaints);
  const project = await app.convert();
  if (!project) throw new Error(`The library cannot be described: ${complaints.join('\n')}`);
  app.validate(project);
  await app.generateOutputs(project);
  return { text: await readFile(path.join(out, FILE), 'utf8'), complaints };
}
