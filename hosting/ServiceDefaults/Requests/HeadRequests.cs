using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>Supports HEAD on all GET routes: the request is routed as GET, and the response is sent without its body.</summary>
public static class HeadRequests
{
    /// <summary>Restores the original method of a request that is forwarded.</summary>
    public static void RestoreMethod(HttpContext http)
    {
        if (http.Features.Get<HeadRequest>() is { } head)
        {
            http.Request.Method = HttpMethods.Head;
            head.IsPassedOn = true;
        }
    }

    internal static void UseHeadRequests(this IApplicationBuilder app) =>
        app.Use((http, next) => HttpMethods.IsHead(http.Request.Method) ? Answer(http, next) : next(http));

    static async Task Answer(HttpContext http, RequestDelegate next)
    {
        var head = new HeadRequest();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        await using var body = new UnsentBody(http.Response, ended);
        var (response, aborted) = (http.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), http.RequestAborted);
        http.Features.Set(head);
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body, response));
        http.RequestAborted = ended.Token;
        http.Request.Method = HttpMethods.Get;
        try
        {
            await next(http);
            await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        }
        finally
        {
            http.Features.Set(response);
            http.RequestAborted = aborted;
        }
        var hasBody = http.Response.StatusCode is >= 200 and not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified);
        if (hasBody && !http.Response.HasStarted && !head.IsPassedOn && !body.IsStream)
        {
            http.Response.ContentLength ??= body.Counted;
        }
    }

    sealed class HeadRequest
    {
        public bool IsPassedOn { get; set; }
    }

    /// <summary>Counts what is written. Event streams, which would never end, are ended immediately.</summary>
    sealed class UnsentBody(HttpResponse response, CancellationTokenSource ended) : Stream
    {
        public long Counted { get; private set; }
        public bool IsStream { get; private set; }
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
            if (response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true)
            {
                IsStream = true;
                ended.Cancel();
            }
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flush();
            return Task.CompletedTask;
        }

        public override void Write(byte[] buffer, int offset, int count) => Counted += count;

        public override void Write(ReadOnlySpan<byte> buffer) => Counted += buffer.Length;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Counted += buffer.Length;
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Counted += count;
            return Task.CompletedTask;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
