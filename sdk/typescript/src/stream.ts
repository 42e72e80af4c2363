/** An event of a stream of server-sent events. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/** Reads server-sent events until the stream ends. */
export async function* readEvents(body: NonNullable<Response["body"]>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = parse(text.slice(0, end));
        text = text.slice(end + 2);
        if (event !== undefined) {
          yield event;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Undefined for heartbeats and for how long to wait before coming back. */
function parse(block: string): ServerSentEvent | undefined {
  const event: ServerSentEvent = { id: "", event: "message", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      event.data += event.data.length === 0 ? value : `\n${value}`;
    } else if (field === "id" || field === "event") {
      event[field] = value;
    }
  }
  return event.data.length === 0 ? undefined : event;
}
