using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using JobSystem.ServiceDefaults.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>
/// Gives responses of the server a problem document. The server refuses requests that it cannot read (a zero byte in the path, a header
/// that is too long) with a status only, before any middleware runs, and raises a diagnostic event; the response that follows the event
/// gets the body.
/// </summary>
static class RefusedRequests
{
    const string Event = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";
    static readonly object key = new();

    /// <summary>For HTTP/1 without TLS; otherwise the server's response is not changed.</summary>
    public static void AnswerRefusedRequests(this KestrelServerOptions kestrel) =>
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next =>
        connection =>
        {
            var output = new RefusalWriter(connection.Transport.Output);
            connection.Items[key] = output;
            connection.Transport = new Duplex(connection.Transport.Input, output);
            return next(connection);
        }));

    public static void Watch(DiagnosticListener listener) => listener.Subscribe(new Observer(), name => name == Event);

    sealed class Observer : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: Event, Value: IFeatureCollection features }
                && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException refusal
                && features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(key, out var output) == true)
            {
                ((RefusalWriter)output!).Body = Describe(refusal, features.Get<IHttpRequestIdentifierFeature>()?.TraceIdentifier ?? "");
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    static byte[] Describe(BadHttpRequestException refusal, string traceId)
    {
        var titles = StatusTitles.ForStatus(refusal.StatusCode);
        // The text after the colon repeats the request
        var reason = refusal.Message.Split(':')[0].TrimEnd('.');
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                type = $"urn:jobsystem:error:{titles.Code}",
                title = titles.Title,
                status = refusal.StatusCode,
                detail = $"The request cannot be read: {reason}.",
                code = titles.Code,
                trace_id = traceId,
            },
            JsonText.Options);
    }

    sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>A stream that passes everything through except for a response that needs a body.</summary>
    sealed class RefusalWriter(PipeWriter inner) : PipeWriter
    {
        static readonly byte[] empty = Encoding.ASCII.GetBytes("Content-Length: 0\r\n");
        ArrayBufferWriter<byte>? held;

        /// <summary>The body of the next response; null for none.</summary>
        public byte[]? Body { get; set; }

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;
        public override long UnflushedBytes => inner.UnflushedBytes + (held?.WrittenCount ?? 0);

        public override void Advance(int bytes)
        {
            if (Body is null)
            {
                inner.Advance(bytes);
            }
            else
            {
                held?.Advance(bytes);
            }
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) =>
            Body is null ? inner.GetMemory(sizeHint) : (held ??= new()).GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Release();
            return inner.FlushAsync(cancellationToken);
        }

        public override void Complete(Exception? exception = null)
        {
            Release();
            inner.Complete(exception);
        }

        public override ValueTask CompleteAsync(Exception? exception = null)
        {
            Release();
            return inner.CompleteAsync(exception);
        }

        void Release()
        {
            if (held is not { WrittenCount: > 0 } answer || Body is not { } body)
            {
                return;
            }
            (held, Body) = (null, null);
            var head = answer.WrittenSpan;
            var at = head.StartsWith("HTTP/1.1 "u8) && head.EndsWith("\r\n\r\n"u8) ? head.IndexOf(empty) : -1;
            if (at < 0)
            {
                inner.Write(head);
                return;
            }
            inner.Write(head[..at]);
            inner.Write(Encoding.ASCII.GetBytes($"Content-Type: application/problem+json\r\nContent-Length: {body.Length}\r\n"));
            inner.Write(head[(at + empty.Length)..]);
            inner.Write(body);
        }
    }
}
