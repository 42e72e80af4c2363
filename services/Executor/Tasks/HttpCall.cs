using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobSystem.Worker;

namespace JobSystem.Executor.Tasks;

/// <summary>What <c>http_request</c> was asked to send.</summary>
sealed record HttpCall(string Method, string Url, IReadOnlyDictionary<string, string> Headers, JsonElement? Body, int? ExpectedStatus)
{
    // They belong to the connection, not to the caller
    static readonly HashSet<string> reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    public bool IsExpected(int status) => ExpectedStatus is { } expected ? status == expected : status is >= 200 and <= 299;

    /// <exception cref="HttpCallRefused">The request makes no sense, or must not be sent.</exception>
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
            : throw new HttpCallRefused($"'{Method}' is no method that can be sent");

    bool Is(string method) => Method.Equals(method, StringComparison.OrdinalIgnoreCase);

    Uri ReadUrl()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            throw new HttpCallRefused($"'{Url}' is no absolute URL");
        }
        if (url.Scheme is not ("http" or "https"))
        {
            throw new HttpCallRefused($"'{Url}' has the scheme {url.Scheme}; only http and https are possible");
        }
        return url.UserInfo.Length == 0 ? url : throw new HttpCallRefused("The URL has a user name or password in it; send an Authorization header instead");
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
            throw new HttpCallRefused($"The header '{name}' cannot be set");
        }
        if (value.Any(char.IsControl) || name.Any(x => !char.IsAsciiLetterOrDigit(x) && !"!#$%&'*+-.^_`|~".Contains(x)) || name.Length == 0)
        {
            throw new HttpCallRefused($"The header '{name}' has characters that no header can have");
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

/// <summary>The request is not sent; trying again would not help.</summary>
sealed class HttpCallRefused(string message) : Exception(message);
