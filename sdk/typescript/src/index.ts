export { JobsClient, isFinal } from "./client.js";
export { JobFailedError, JobsError, JobsUnavailableError } from "./errors.js";
export type { CallOptions, ClientOptions } from "./transport.js";
export type * from "./types.js";
export type { components, operations, paths } from "./api.js";
