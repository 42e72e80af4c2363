using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Client;

/// <summary>Where JobSystem is, and as whom to call it.</summary>
public sealed class JobSystemClientOptions
{
    internal const string UrlSetting = "JOBSYSTEM_URL";
    internal const string ApiKeySetting = "JOBSYSTEM_API_KEY";

    /// <summary>
    /// Address of JobSystem without <c>/api/v1</c>, such as <c>https://jobs.example.com</c>. Default: the setting <c>JOBSYSTEM_URL</c>.
    /// </summary>
    public string? Url { get; set; }

    /// <summary>
    /// An API key. Default: the setting <c>JOBSYSTEM_API_KEY</c>, unless there is a <see cref="TokenProvider"/>. One of the two is needed.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// Returns the token to send with a request. It is asked for each one, so it should keep a token while that is valid. Default: none.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? TokenProvider { get; set; }

    /// <summary>
    /// How long a call is repeated while JobSystem cannot be reached or answers that it should be repeated later. A call that might be carried out twice is not
    /// repeated. Default: one minute; zero for not at all.
    /// </summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long one request may take; waiting for a job counts from the end of the time that it waits. Default: 30 seconds.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How the types of jobs and results are written and read, such as a <c>JsonSerializerContext</c> of the program. Needed in trimmed programs and those
    /// compiled ahead of time. Default: by reflection.
    /// </summary>
    public IJsonTypeInfoResolver? TypeInfoResolver { get; set; }

    /// <summary>The address with a slash at its end.</summary>
    internal Uri BaseAddress => new(Url!.TrimEnd('/') + "/");

    /// <summary>Takes what is not set from settings.</summary>
    /// <param name="setting">Returns a setting by its name, or null.</param>
    internal JobSystemClientOptions WithDefaults(Func<string, string?> setting)
    {
        Url = NotEmpty(Url) ?? NotEmpty(setting(UrlSetting));
        ApiKey = NotEmpty(ApiKey) ?? (TokenProvider is null ? NotEmpty(setting(ApiKeySetting)) : null);
        return this;
    }

    static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
