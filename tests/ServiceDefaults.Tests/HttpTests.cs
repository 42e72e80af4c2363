using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>What HTTP expects of every address: HEAD, encodings, compression, tags, and an answer to what cannot be read.</summary>
public sealed class HttpTests : IAsyncLifetime
{
    const int MaxBody = 5000;
    TestService service = null!;

    HttpClient Http => service.Http;

    public async Task InitializeAsync() => service = await TestService.Start(_ => { }, app =>
    {
        app.MapGet("/small", () => new WrittenAnswer(json => json.WriteStringValue("small")));
        app.MapGet("/large", () => new WrittenAnswer(json => json.WriteStringValue(new string('x', 5000))));
        app.MapGet("/page", () => TypedResults.Text(new string('x', 5000), "text/html"));
        app.MapGet("/away", IResult () => throw new TimeoutException());
        app.MapGet("/events", async (HttpContext http) =>
        {
            http.Response.ContentType = "text/event-stream";
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.WriteAsync("data: 1\n\n", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        });
        app.MapPost("/echo", async Task<IResult> (HttpRequest request, CancellationToken cancellationToken) =>
        {
            var (body, problem) = await JsonBody.Read(request, MaxBody, "Failed to echo", cancellationToken);
            using (body)
            {
                var text = body?.Root.GetRawText();
                return problem is null ? new WrittenAnswer(json => json.WriteRawValue(text!)) : problem;
            }
        });
    });

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Theory]
    [InlineData("/small", 200)]
    [InlineData("/large", 200)]
    [InlineData("/nowhere", 404)]
    [InlineData("/away", 503)]
    [InlineData("/health/live", 200)]
    public async Task Head_OfWhatGetAnswers_IsTheSameWithoutBody(string path, int status)
    {
        using var got = await Http.GetAsync(new Uri(path, UriKind.Relative));
        using var head = await Send(HttpMethod.Head, path);

        Assert.Equal((status, status), ((int)got.StatusCode, (int)head.StatusCode));
        Assert.Equal(got.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Equal(got.Headers.ETag, head.Headers.ETag);
        Assert.Equal((await got.Content.ReadAsByteArrayAsync()).Length, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Head_OfStream_EndsAtOnce()
    {
        using var head = await Send(HttpMethod.Head, "/events");
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (head.StatusCode, head.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Head_OfPostOnly_IsNotAllowed() => await Status(HttpMethod.Head, "/echo", HttpStatusCode.MethodNotAllowed);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("GZIP")]
    [InlineData("identity")]
    public async Task Body_Encoded_IsRead(string encoding)
    {
        using var answer = await Post(Encode(encoding, """{"a":1}"""), encoding);
        Assert.Equal("""{"a":1}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    [InlineData("compress")]
    public async Task Body_EncodedOtherwise_Answers415(string encoding)
    {
        using var answer = await Post(Encoding.UTF8.GetBytes("{}"), encoding);
        var problem = await TestService.Problem(answer, 415);
        Assert.Equal(
            $"expected gzip, br, deflate or none; got \"{encoding}\"",
            problem.GetProperty("errors").GetProperty("content-encoding")[0].GetString());
        Assert.Equal("gzip, br, deflate", Assert.Single(answer.Headers.GetValues("Accept-Encoding")));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Body_ThatCannotBeDecoded_Answers400(string encoding)
    {
        using var answer = await Post(Encoding.UTF8.GetBytes("""{"a":1}"""), encoding);
        Assert.Equal("malformed_json", (await TestService.Problem(answer, 400)).GetProperty("code").GetString());
    }

    /// <summary>A few bytes that would become many are read no further than the limit.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Body_ThatGrowsBeyondTheLimit_Answers413(string encoding)
    {
        var body = Encode(encoding, $"\"{new string('x', 50_000_000)}\"");
        Assert.InRange(body.Length, 1, 100_000);
        using var answer = await Post(body[..Math.Min(body.Length, MaxBody)], encoding);
        await TestService.Problem(answer, 413);
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("zstd", null)]
    [InlineData(null, null)]
    public async Task Answer_Large_IsCompressedWhenAskedFor(string? asked, string? encoding)
    {
        using var answer = await Send(HttpMethod.Get, "/large", asked is null ? [] : [("Accept-Encoding", asked)]);
        Assert.Equal(encoding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal($"\"{new string('x', 5000)}\"", encoding is null ? Encoding.UTF8.GetString(bytes) : Decode(encoding, bytes));
        Assert.True(encoding is null || bytes.Length < 500);
    }

    [Theory]
    [InlineData("/small")]
    [InlineData("/nowhere")]
    [InlineData("/page")]
    public async Task Answer_SmallOrPage_IsNotCompressed(string path)
    {
        using var answer = await Send(HttpMethod.Get, path, ("Accept-Encoding", "gzip, br"));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Answer_ThatTheClientHas_Is304()
    {
        using var first = await Http.GetAsync(new Uri("/large", UriKind.Relative));
        var tag = first.Headers.ETag!.ToString();
        using var same = await Send(HttpMethod.Get, "/large", ("If-None-Match", $"\"other\", {tag}"));
        using var any = await Send(HttpMethod.Get, "/large", ("If-None-Match", "*"));
        using var other = await Send(HttpMethod.Get, "/small", ("If-None-Match", tag));
        using var garbled = await Send(HttpMethod.Get, "/small", ("If-None-Match", "nonsense"));

        Assert.Equal((HttpStatusCode.NotModified, HttpStatusCode.NotModified, HttpStatusCode.OK, HttpStatusCode.OK),
            (same.StatusCode, any.StatusCode, other.StatusCode, garbled.StatusCode));
        Assert.Empty(await same.Content.ReadAsByteArrayAsync());
        Assert.Equal(first.Headers.ETag, same.Headers.ETag);
        Assert.Equal("no-cache, private", first.Headers.CacheControl?.ToString());
    }

    [Theory]
    [InlineData("GET /small%00b HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET /small HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /small HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", 400)]
    [InlineData("GET /small HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n", 431)]
    [InlineData("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n", 414)]
    public async Task Request_ThatTheServerCannotRead_GetsAProblem(string request, int status)
    {
        var (head, body) = await Raw(request.Replace("{long}", new string('x', 40_000), StringComparison.Ordinal));
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json", head, StringComparison.Ordinal);
        Assert.Contains($"Content-Length: {Encoding.UTF8.GetByteCount(body)}", head, StringComparison.Ordinal);
        var problem = JsonDocument.Parse(body).RootElement;
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.StartsWith("The request cannot be read: ", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("small", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_AfterGoodOnes_ThatCannotBeRead_GetsAProblem()
    {
        var (head, body) = await Raw("GET /small HTTP/1.1\r\nHost: x\r\n\r\nGET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK", head, StringComparison.Ordinal);
        Assert.Contains("\"small\"HTTP/1.1 400 Bad Request", body, StringComparison.Ordinal);
        Assert.EndsWith("}", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true)]
    [InlineData("text/html", true)]
    [InlineData("application/json, text/html;q=0.5", false)]
    [InlineData("*/*", false)]
    [InlineData("application/json", false)]
    [InlineData("text/html;q=0", false)]
    [InlineData(null, false)]
    public async Task UnknownAddress_InABrowser_IsAPage(string? accept, bool page)
    {
        using var answer = await Send(HttpMethod.Get, "/nowhere/at/all", accept is null ? [] : [("Accept", accept)]);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(page ? "text/html" : "application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(page, (await answer.Content.ReadAsStringAsync()).Contains("<a href=\"/\">", StringComparison.Ordinal));
    }

    async Task<HttpResponseMessage> Send(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request);
    }

    async Task Status(HttpMethod method, string path, HttpStatusCode status)
    {
        using var answer = await Send(method, path);
        Assert.Equal(status, answer.StatusCode);
    }

    async Task<HttpResponseMessage> Post(byte[] body, string encoding)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return await Http.PostAsync(new Uri("/echo", UriKind.Relative), content);
    }

    /// <summary>Everything up to the first empty line, and everything after it.</summary>
    async Task<(string Head, string Body)> Raw(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Http.BaseAddress!.Host, Http.BaseAddress.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var parts = (await reader.ReadToEndAsync()).Split("\r\n\r\n", 2);
        return (parts[0], parts[1]);
    }

    static byte[] Encode(string encoding, string text)
    {
        using var buffer = new MemoryStream();
        using (var stream = encoding.ToUpperInvariant() switch
        {
            "GZIP" => new GZipStream(buffer, CompressionLevel.Optimal, leaveOpen: true),
            "BR" => new BrotliStream(buffer, CompressionLevel.Optimal, leaveOpen: true),
            "DEFLATE" => new ZLibStream(buffer, CompressionLevel.Optimal, leaveOpen: true),
            _ => (Stream)buffer,
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }

    static string Decode(string encoding, byte[] bytes)
    {
        using var buffer = new MemoryStream(bytes);
        using var reader = new StreamReader(encoding == "br"
            ? new BrotliStream(buffer, CompressionMode.Decompress)
            : new GZipStream(buffer, CompressionMode.Decompress));
        return reader.ReadToEnd();
    }
}
