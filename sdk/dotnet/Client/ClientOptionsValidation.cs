using Microsoft.Extensions.Options;

namespace JobSystem.Client;

/// <summary>Says what is wrong with the options, and how to set them right.</summary>
sealed class ClientOptionsValidation : IValidateOptions<JobSystemClientOptions>
{
    const string ApiPath = "/api/v1";

    public ValidateOptionsResult Validate(string? name, JobSystemClientOptions options)
    {
        var problems = Problems(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <exception cref="OptionsValidationException">An option is missing or not valid.</exception>
    public static JobSystemClientOptions ThrowIfInvalid(JobSystemClientOptions options)
    {
        var problems = Problems(options).ToList();
        return problems.Count == 0 ? options : throw new OptionsValidationException(
            Options.DefaultName, typeof(JobSystemClientOptions), problems);
    }

    static IEnumerable<string> Problems(JobSystemClientOptions options)
    {
        if (UrlProblem(options.Url) is { } url)
        {
            yield return $"JobSystem client: Url ({JobSystemClientOptions.UrlSetting}): {url}";
        }
        if (CredentialProblem(options) is { } credential)
        {
            yield return $"JobSystem client: {credential}";
        }
        if (options.Patience < TimeSpan.Zero)
        {
            yield return $"JobSystem client: Patience: expected zero or more, got {options.Patience}";
        }
        if (options.RequestTimeout <= TimeSpan.Zero)
        {
            yield return $"JobSystem client: RequestTimeout: expected more than zero, got {options.RequestTimeout}";
        }
    }

    static string? UrlProblem(string? url)
    {
        const string expected = "expected the address of JobSystem, such as https://jobs.example.com";
        if (string.IsNullOrWhiteSpace(url))
        {
            return $"{expected}; got nothing";
        }
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return $"{expected}; got \"{url}\"";
        }
        if (address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
        {
            return $"{expected}, without user, query or fragment";
        }
        return address.AbsolutePath.TrimEnd('/').EndsWith(ApiPath, StringComparison.OrdinalIgnoreCase)
            ? $"{expected}, without {ApiPath}; got \"{url}\""
            : null;
    }

    static string? CredentialProblem(JobSystemClientOptions options) => (options.ApiKey, options.TokenProvider) switch
    {
        (null, null) => $"ApiKey ({JobSystemClientOptions.ApiKeySetting}): expected an API key, or a TokenProvider; got neither",
        (not null, not null) => "expected one of ApiKey and TokenProvider; got both",
        ({ } key, _) when key.Any(x => !char.IsAscii(x) || char.IsControl(x) || char.IsWhiteSpace(x)) =>
            $"ApiKey ({JobSystemClientOptions.ApiKeySetting}): expected printable ASCII characters without spaces; got others",
        _ => null,
    };
}
