import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a method's own comment and type say of it. */
export interface DescribedMethod {
  readonly about: string;
  /** Codes that its comment names after `@throws RelayError`. */
  readonly throws: readonly string[];
  /** Of what it returns, or what its promise holds. */
  readonly answer: JsonSchema;
}

const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url));

/** JSON Schemas of the types that the sources declare, with their comments; named ones are kept apart and referred to. */
export class TypeSchemas {
  readonly named: Record<string, JsonSchema> = {};
  private readonly program: ts.Program;
  private readonly checker: ts.TypeChecker;

  /** @param files in `src`; what they import is known too */
  constructor(files: readonly string[]) {
    const config = path.join(SOURCE, '../tsconfig.json');
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(config, ts.sys.readFile).config,
      ts.sys,
      path.dirname(config),
    );
    this.program = ts.createProgram(
      files.map((file) => path.join(SOURCE, file)),
      options,
    );
    this.checker = this.program.getTypeChecker();
  }

  /** Of a type that a file of `src` declares. */
  of(name: string): JsonSchema {
    const declaration = this.declarationOf(name);
    return this.convert(this.checker.getTypeAtLocation(declaration));
  }

  /** Of each property of such a type. */
  members(name: string): ReadonlyMap<string, JsonSchema> {
    const type = this.checker.getTypeAtLocation(this.declarationOf(name));
    return new Map(
      type.getProperties().map((property) => [property.name, this.inline(this.checker.getTypeOfSymbol(property))]),
    );
  }

  /** What the comment of a type's property says; empty where there is none. */
  aboutMember(name: string, member: string): string {
    const property = this.checker.getTypeAtLocation(this.declarationOf(name)).getProperty(member);
    return property ? this.aboutOf(property) : '';
  }

  aboutType(name: string): string {
    const symbol = this.checker.getTypeAtLocation(this.declarationOf(name)).getSymbol();
    return symbol ? this.aboutOf(symbol) : '';
  }

  method(name: string, method: string): DescribedMethod {
    const symbol = this.checker.getTypeAtLocation(this.declarationOf(name)).getProperty(method);
    const signature = symbol && this.checker.getTypeOfSymbol(symbol).getCallSignatures()[0];
    if (!symbol || !signature) throw new Error(`${name} has no method ${method}`);
    const returned = signature.getReturnType();
    return {
      about: this.aboutOf(symbol),
      throws: symbol.getJsDocTags(this.checker).flatMap(({ name: tag, text }) => {
        const said = /^RelayError ([A-Z_, ]+)/.exec(tag === 'throws' ? ts.displayPartsToString(text) : '');
        return said?.[1]?.split(',').map((code) => code.trim()) ?? [];
      }),
      answer: this.inline(this.checker.getAwaitedType(returned) ?? returned),
    };
  }

  private aboutOf(symbol: ts.Symbol): string {
    return ts.displayPartsToString(symbol.getDocumentationComment(this.checker)).replace(/\s+/g, ' ').trim();
  }

  private declarationOf(name: string): ts.Node {
    for (const file of this.program.getSourceFiles()) {
      if (!file.fileName.startsWith(SOURCE)) continue;
      for (const statement of file.statements)
        if (
          (ts.isInterfaceDeclaration(statement) ||
            ts.isClassDeclaration(statement) ||
            ts.isTypeAliasDeclaration(statement)) &&
          statement.name?.text === name
        )
          return statement;
    }
    throw new Error(`No source declares ${name}.`);
  }

  private convert(type: ts.Type): JsonSchema {
    const symbol = type.aliasSymbol ?? type.symbol;
    const isNamed =
      symbol !== undefined &&
      (type.flags & ts.TypeFlags.Object) !== 0 &&
      !symbol.name.startsWith('__') &&
      (symbol.declarations ?? []).some((at) => at.getSourceFile().fileName.startsWith(SOURCE));
    if (!isNamed) return this.inline(type);
    if (!(symbol.name in this.named)) {
      this.named[symbol.name] = {};
      this.named[symbol.name] = this.inline(type);
    }
    return { $ref: `#/components/schemas/${symbol.name}` };
  }

  private inline(type: ts.Type): JsonSchema {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) return {};
    if (flags & ts.TypeFlags.String) return { type: 'string' };
    if (flags & ts.TypeFlags.Number) return { type: 'number' };
    if (flags & ts.TypeFlags.Null) return { type: 'null' };
    if (flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) return {};
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (flags & ts.TypeFlags.BooleanLiteral) return { const: this.checker.typeToString(type) === 'true' };
    if (type.isUnion()) return this.union(type.types);
    if (type.isIntersection() && type.types.some((part) => part.flags & ts.TypeFlags.String)) return { type: 'string' };
    if (this.checker.isArrayType(type) || this.checker.isTupleType(type)) {
      const [items] = this.checker.getTypeArguments(type as ts.TypeReference);
      return { type: 'array', ...(items && { items: this.convert(items) }) };
    }
    return this.object(type);
  }

  private union(types: readonly ts.Type[]): JsonSchema {
    const parts = types.filter((type) => !(type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)));
    const schemas = parts.map((part) => this.convert(part));
    const values = schemas.flatMap((schema) => ('const' in schema ? [schema['const']] : []));
    const others = schemas.filter((schema) => !('const' in schema));
    const isBoolean = values.includes(true) && values.includes(false);
    const rest = isBoolean ? values.filter((value) => typeof value !== 'boolean') : values;
    // Known values beside any other text.
    if (others.length === 1 && others[0]?.['type'] === 'string' && rest.length > 0)
      return { type: 'string', examples: rest };
    const all: JsonSchema[] = [
      ...others,
      ...(isBoolean ? [{ type: 'boolean' }] : []),
      ...(rest.length > 1 ? [{ enum: rest }] : rest.map((value) => ({ const: value }))),
    ];
    const [only] = all;
    if (only && all.length === 1) return only;
    const plain = all.map((schema) => (Object.keys(schema).join() === 'type' ? schema['type'] : undefined));
    return plain.every((name) => typeof name === 'string') ? { type: plain } : { anyOf: all };
  }

  private object(type: ts.Type): JsonSchema {
    const properties = this.checker.getPropertiesOfType(type).filter(({ flags }) => !(flags & ts.SymbolFlags.Method));
    const index = this.checker.getIndexInfoOfType(type, ts.IndexKind.String);
    const values = index ? this.convert(index.type) : {};
    const required = properties.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name);
    return {
      type: 'object',
      ...(properties.length > 0 && {
        properties: Object.fromEntries(properties.map((property) => [property.name, this.property(property)])),
      }),
      ...(required.length > 0 && { required }),
      ...(Object.keys(values).length > 0 && { additionalProperties: values }),
    };
  }

  private property(property: ts.Symbol): JsonSchema {
    const schema = this.convert(this.checker.getTypeOfSymbol(property));
    const description = this.aboutOf(property);
    if (description === '') return schema;
    return '$ref' in schema ? { allOf: [schema], description } : { ...schema, description };
  }
}
