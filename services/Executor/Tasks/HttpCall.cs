using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobSystem.Worker;

namespace JobSystem.Executor.Tasks;

/// <summary>The request that <c>http_request</c> sends.</summary>
sealed record HttpCall(string Method, string Url, IReadOnlyDictionary<string, string> Headers, JsonElement? Body, int? ExpectedStatus)
{
    // These belong to the connection, or to the system
    static readonly HashSet<string> reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",
    };

    public bool IsExpected(int status) => ExpectedStatus is { } expected ? status == expected : status is >= 200 and <= 299;

    /// <exception cref="HttpCallRefusedException">The request is not valid, or must not be sent.</exception>
    public HttpRequestMessage ToRequest(TaskContext job)
    {
        var request = new HttpRequestMessage(ReadMethod(), ReadUrl()) { Version = new(1, 1), Content = ReadBody() };
        foreach (var (name, value) in Headers)
        {
            AddHeader(request, name, value);
        }
        Set(request, "X-Job-Id", job.JobId);
        Set(request, "X-Job-Attempt", job.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Set(request, "X-Worker-Id", job.WorkerId);
        Set(request, "traceparent", job.TraceParent);
        return request;
    }

    HttpMethod ReadMethod() =>
        Method.Length is > 0 and <= 32 && Method.All(char.IsAsciiLetter) && !Is("CONNECT") && !Is("TRACE")
            ? HttpMethod.Parse(Method.ToUpperInvariant())
            : throw new HttpCallRefusedException($"'{Method}' is not a valid HTTP method");

    bool Is(string method) => Method.Equals(method, StringComparison.OrdinalIgnoreCase);

    Uri ReadUrl()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            throw new HttpCallRefusedException($"'{Url}' is not an absolute URL");
        }
        if (url.Scheme is not ("http" or "https"))
        {
            throw new HttpCallRefusedException($"'{Url}' has the scheme {url.Scheme}; expected http or https");
        }
        return url.UserInfo.Length == 0
            ? url
            : throw new HttpCallRefusedException("The URL contains a user name or password; send an Authorization header instead");
    }

    StringContent? ReadBody() => Body switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } text => new StringContent(text.GetString()!, Encoding.UTF8, "text/plain"),
        { } json => new StringContent(json.GetRawText(), Encoding.UTF8, "application/json"),
    };

    static void AddHeader(HttpRequestMessage request, string name, string value)
    {
        if (reserved.Contains(name))
        {
            throw new HttpCallRefusedException($"The header '{name}' cannot be set");
        }
        if (value.Any(char.IsControl) || name.Any(x => !char.IsAsciiLetterOrDigit(x) && !"!#$%&'*+-.^_`|~".Contains(x)) || name.Length == 0)
        {
            throw new HttpCallRefusedException($"The header '{name}' contains characters that are not allowed in headers");
        }
        if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
        {
            Set(request.Content?.Headers, name, value);
        }
        else
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    static void Set(HttpContentHeaders? headers, string name, string value)
    {
        headers?.Remove(name);
        headers?.TryAddWithoutValidation(name, value);
    }

    static void Set(HttpRequestMessage request, string name, string? value)
    {
        request.Headers.Remove(name);
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}

/// <summary>The request is not sent, and a retry would not help.</summary>
sealed class HttpCallRefusedException(string message) : Exception(message);
