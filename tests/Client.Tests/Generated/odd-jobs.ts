// Jobs of tasks that workers of JobSystem have announced. Generated from GET /api/v1/tasks: changes are lost when it is generated again.
import type { CallOptions, Job, JobRequest, JobsClient } from "@jobsystem/client";

/** What a job says besides its task and its arguments. */
export type JobOptions = Omit<JobRequest, "task_name" | "args" | "kwargs">;

/** Arguments of the task `1:2`. */
export type _12 = {
  tree?: _12Tree;
};

/** Part of a job of the task `1:2`. */
export type _12Tree = {
  children?: readonly _12Tree[];
};

/** Enqueues a job of the task `1:2`. `R` is what the task returns. */
export function enqueue_12<R = unknown>(client: JobsClient, kwargs: _12, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "1:2", kwargs }, call);
}

/** Arguments of the task `Make.Invoice`. */
export type MakeInvoice2 = {
  [name: string]: unknown;
};

/** Enqueues a job of the task `Make.Invoice`. `R` is what the task returns. */
export function enqueueMakeInvoice2<R = unknown>(client: JobsClient, kwargs: MakeInvoice2, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "Make.Invoice", kwargs }, call);
}

/** Arguments of the task `class`. */
export type Class = {
  class: string;
  Class: string;
  clone: string;
  to_string?: string;
  "équipe"?: string;
  "2fast"?: string;
  _?: string;
  ""?: string;
  get_type?: string;
  "a\u0022b\\c"?: string;
  camelCase?: string;
};

/** Enqueues a job of the task `class`. `R` is what the task returns. */
export function enqueueClass<R = unknown>(client: JobsClient, kwargs: Class, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "class", kwargs }, call);
}

/** Arguments of the task `guid`. */
export type Guid2 = {
  guid: string;
  [name: string]: unknown;
};

/** Enqueues a job of the task `guid`. `R` is what the task returns. */
export function enqueueGuid2<R = unknown>(client: JobsClient, kwargs: Guid2, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "guid", kwargs }, call);
}

/** Arguments of the task `job`. */
export type Job2 = {
  others?: string;
  [name: string]: unknown;
};

/** Enqueues a job of the task `job`. `R` is what the task returns. */
export function enqueueJob2<R = unknown>(client: JobsClient, kwargs: Job2, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "job", kwargs }, call);
}

/** Arguments of the task `loops`. */
export type Loops = {
  self?: unknown;
  list?: readonly Loops[];
  job?: Loops;
};

/** Enqueues a job of the task `loops`. `R` is what the task returns. */
export function enqueueLoops<R = unknown>(client: JobsClient, kwargs: Loops, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "loops", kwargs }, call);
}

/** Arguments of the task `make-invoice`. */
export type MakeInvoice3 = {
};

/** Enqueues a job of the task `make-invoice`. `R` is what the task returns. */
export function enqueueMakeInvoice3<R = unknown>(client: JobsClient, kwargs: MakeInvoice3, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "make-invoice", kwargs }, call);
}

/**
 * Makes "the" invoice <of> an order & mails it *\/ //
 * in two lines
 *  {0}
 */
export type MakeInvoice = {
  /** The order */
  order_id: string;
  total: number;
  lines: readonly MakeInvoiceLinesItem[];
  customer: MakeInvoiceCustomer | null;
  paid: boolean;
  "odd name": string;
  /** Default: "a\\b \"c\"". */
  "odd-name"?: string;
  /**
   * How soon
   * Default: "low".
   */
  priority?: MakeInvoicePriority | null;
  labels?: { [name: string]: readonly number[] } | null;
  metadata?: { [name: string]: unknown };
  anything?: unknown;
  due?: string;
  at?: string;
  site?: string;
  big?: number;
  wide?: number;
  maybe?: MakeInvoiceMaybe | null;
  either?: unknown;
  mixed?: unknown;
  size?: number;
  fixed?: MakeInvoiceFixed;
  mark?: string;
  padded?: string;
  tuple?: readonly unknown[];
  elsewhere?: unknown;
  shared?: MakeInvoiceAddress;
};

/** Where */
export type MakeInvoiceAddress = {
  street?: string;
  next?: MakeInvoiceAddress;
};

/** Part of a job of the task `make_invoice`. */
export type MakeInvoiceCustomer = {
  name: string;
  born?: string | null;
};

/** Part of a job of the task `make_invoice`. */
export type MakeInvoiceFixed = "only";

/** Part of a job of the task `make_invoice`. */
export type MakeInvoiceLinesItem = {
  count: number;
  note?: string | null;
  parts?: readonly MakeInvoiceLinesItem[];
};

/** Part of a job of the task `make_invoice`. */
export type MakeInvoiceMaybe = {
  x?: number;
};

/** How soon */
export type MakeInvoicePriority = "low" | "very-high" | "2nd";

/** Enqueues a job of the task `make_invoice`. `R` is what the task returns. */
export function enqueueMakeInvoice<R = unknown>(client: JobsClient, kwargs: MakeInvoice, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "make_invoice", kwargs }, call);
}

/** Arguments of the task `r`. */
export type R2 = {
  r?: string;
};

/** Enqueues a job of the task `r`. `R` is what the task returns. */
export function enqueueR2<R = unknown>(client: JobsClient, kwargs: R2, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {
  return client.createJob<R>({ ...options, task_name: "r", kwargs }, call);
}
