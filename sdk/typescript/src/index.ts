export { JobsClient, isFinal } from "./client.js";
export { JobsError } from "./error.js";
export type { ClientOptions } from "./transport.js";
export type * from "./types.js";
export type { components, operations, paths } from "./api.js";
