import { type INestApplication, RequestMethod, type Type } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import {
  ApiExtraModels,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiResponse,
  ApiSecurity,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import { ERROR_CODES, type ErrorCode, statusOf } from '../../../src/protocol/index.js';
import { dtoProperties, dtoSchema, isRequired } from './dto-schema.js';
import { type JsonSchema, TypeSchemas } from './type-schemas.js';

const ABOUT =
  'The REST side of a relay: listeners register here, clients find environments. What goes over sockets is in asyncapi.json. ' +
  'Every error has one shape, `ErrorBody`; what its codes mean, and what to do, is in docs/errors.md. Fields that are not named pass.';

const SCHEME = 'bearer';

/** Guards that let some requests in without a token. */
const LENIENT_GUARDS: ReadonlySet<string> = new Set(['ScrapeGuard']);

interface Route {
  readonly controller: Type<object>;
  readonly method: string;
  readonly handler: object;
  readonly guards: readonly { readonly name: string }[];
}

/** Every handler of the relay's controllers. */
function routesOf(app: INestApplication): Route[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) => {
    const controller = metatype as Type<object>;
    const prototype = controller.prototype as object;
    return Object.getOwnPropertyNames(prototype).flatMap((method) => {
      // A getter would run.
      const handler: unknown = Object.getOwnPropertyDescriptor(prototype, method)?.value;
      if (
        method === 'constructor' ||
        typeof handler !== 'function' ||
        Reflect.getMetadata(METHOD_METADATA, handler) === undefined
      )
        return [];
      const guards = [controller, handler].flatMap(
        (of) => (Reflect.getMetadata('__guards__', of) as { name: string }[] | undefined) ?? [],
      );
      return [{ controller, method, handler, guards }];
    });
  });
}

/** What `docs/openapi.json` holds: from the controllers of a relay that was initialised, their comments and types, and its DTOs. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const routes = routesOf(app);
  const types = new TypeSchemas(['relay/index.ts']);
  const dtos = routes.flatMap((route) => describeRoute(route, types));
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Twinlane relay')
    .setDescription(ABOUT)
    .setVersion('v1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'The relay itself')
    .addSecurity(SCHEME, { type: 'http', scheme: 'bearer', description: 'A token that the relay accepts.' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  const schemas: Record<string, JsonSchema> = { ...types.named, ErrorBody: errorBodySchema(types) };
  for (const dto of dtos) schemas[dto.name] = dtoSchema(dto);
  const components = { ...document.components, schemas: sorted(schemas) };
  return { ...document, components: components };
}

function errorBodySchema(types: TypeSchemas): JsonSchema {
  const codes = Object.entries(ERROR_CODES).flatMap(([code, entry]) => ('status' in entry ? [code] : []));
  return {
    type: 'object',
    description: types.aboutType('ErrorBody'),
    properties: {
      errorCode: { type: 'string', enum: codes },
      message: { type: 'string', description: 'What to do.' },
    },
    required: ['errorCode', 'message'],
  };
}

/** Puts on a route what swagger would want as decorators. @returns the classes of its bodies */
function describeRoute({ controller, method, handler, guards }: Route, types: TypeSchemas): Type<object>[] {
  const prototype = controller.prototype as object;
  const decorate = (decorator: MethodDecorator): void =>
    void decorator(prototype, method, { value: handler } as TypedPropertyDescriptor<never>);
  const { about, throws, answer } = types.method(controller.name, method);
  const [summary = about, ...more] = about.split(/(?<=\.) /);
  decorate(ApiOperation({ summary, ...(more.length > 0 && { description: more.join(' ') }) }));

  const verb = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
  const status =
    (Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined) ??
    (verb === RequestMethod.POST ? 201 : 200);
  decorate(ApiResponse(answerOf(status, answer)));

  const parameters = parametersOf(controller, method);
  const isGuarded = guards.length > 0;
  if (isGuarded) {
    decorate(ApiSecurity(SCHEME));
    if (guards.some(({ name }) => LENIENT_GUARDS.has(name))) decorate(ApiSecurity({}));
  }
  const codes = new Set<ErrorCode>([
    ...(parameters.bodies.length > 0 ? (['BAD_REQUEST', 'BODY_TOO_LARGE'] as const) : []),
    ...(parameters.queries.length > 0 ? (['BAD_REQUEST'] as const) : []),
    ...(isGuarded ? (['TOKEN_REFUSED'] as const) : []),
    ...throws.map((code) => errorCode(code, `${controller.name}.${method}`)),
  ]);
  for (const at of new Set([...codes].map(statusOf)))
    decorate(
      ApiResponse(
        refusal(
          at,
          [...codes].filter((code) => statusOf(code) === at),
        ),
      ),
    );
  for (const name of parameters.names) decorate(ApiParam({ name, schema: { type: 'string' } }));
  for (const query of parameters.queries) describeFields(query, types);
  for (const body of parameters.bodies) describeFields(body, types);
  if (parameters.bodies.length > 0) ApiExtraModels(...parameters.bodies)(controller);
  return parameters.bodies;
}

function answerOf(status: number, answer: JsonSchema) {
  const content = answer['type'] === 'string' ? 'text/plain' : 'application/json';
  const hasBody = Object.keys(answer).length > 0;
  return { status, description: 'Done.', ...(hasBody && { content: { [content]: { schema: answer as object } } }) };
}

function refusal(status: number, codes: readonly ErrorCode[]) {
  const description = codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].message}`).join(' ');
  const waits = status === 429 || status === 503;
  const headers = waits && { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' as const } } };
  const schema = { $ref: '#/components/schemas/ErrorBody' };
  return { status, description, content: { 'application/json': { schema } }, ...(headers && { headers }) };
}

function errorCode(code: string, where: string): ErrorCode {
  if (!Object.hasOwn(ERROR_CODES, code))
    throw new Error(`${where}: its comment names ${code}, which is no error code.`);
  return code as ErrorCode;
}

/** Swagger wants fields one by one. */
function describeFields(dto: Type<object>, types: TypeSchemas): void {
  for (const [name, { type, ...schema }] of Object.entries(dtoProperties(dto))) {
    const description = types.aboutMember(dto.name, name);
    // Where a value is left out in a query there is no null.
    const single = Array.isArray(type) ? (type as string[]).find((one) => one !== 'null') : type;
    const property = { ...schema, type: single ?? 'string', required: isRequired(dto, name) };
    const values = 'enum' in property ? { enum: (property.enum as unknown[]).filter((value) => value !== null) } : {};
    const options = { ...property, ...values, ...(description !== '' && { description }) };
    ApiProperty(options as Parameters<typeof ApiProperty>[0])(dto.prototype as object, name);
  }
}

/** Kinds of parameters as Nest notes them. */
const KINDS = { body: 3, query: 4, param: 5 } as const;

function parametersOf(controller: Type<object>, method: string) {
  const noted = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<
    string,
    { readonly index: number; readonly data?: unknown }
  >;
  const classes = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, method) ??
    []) as Type<object>[];
  const of = (kind: number) => Object.entries(noted).filter(([key]) => key.startsWith(`${kind}:`));
  const validated = (kind: number): Type<object>[] =>
    of(kind).flatMap(([, { index }]) => {
      const dto = classes[index];
      return dto && getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false).length > 0 ? [dto] : [];
    });
  return {
    names: of(KINDS.param).flatMap(([, { data }]) => (typeof data === 'string' ? [data] : [])),
    queries: validated(KINDS.query),
    bodies: validated(KINDS.body),
  };
}

function sorted(schemas: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
