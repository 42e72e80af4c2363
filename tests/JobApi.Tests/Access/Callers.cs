using JobSystem.JobApi.Tests.Api;
using JobSystem.ServiceDefaults.Authentication;
using Microsoft.Extensions.Configuration;

namespace JobSystem.JobApi.Tests.Access;

/// <summary>Callers of every kind, each with a token.</summary>
static class Callers
{
    public static readonly (string Name, string? Value)[] Settings =
        [("Auth:Jwt:SigningKey", "a-signing-key-for-tests-of-32-bytes-or-more"), ("Auth:Jwt:Issuer", "tests"), ("Auth:Jwt:Audience", "tests")];

    static readonly JwtSettings jwt = JwtSettings.From(new ConfigurationBuilder().AddInMemoryCollection(Settings.Select(x => KeyValuePair.Create(x.Name, x.Value))).Build())!;

    static readonly TimeSpan life = TimeSpan.FromMinutes(10);

    public static readonly (string, string) Alice = Token("alice");
    public static readonly (string, string) Bob = Token("bob");
    public static readonly (string, string) Viewer = Token("victor", "view_jobs");
    public static readonly (string, string) Manager = Token("mary", "manage_jobs");
    public static readonly (string, string) Admin = Token("root", "admin");

    public static (string, string) Token(string owner, params string[] permissions) => Token(owner, life, permissions);

    /// <param name="left">Until it expires.</param>
    public static (string, string) Token(string owner, TimeSpan left, params string[] permissions) =>
        ("Authorization", $"Bearer {TokenIssuer.Issue(jwt, owner, permissions, life, TimeProvider.System.GetUtcNow() + left - life)}");

    public static (string, string) Key(string key) => ("X-API-Key", key);

    public static Task<JobApiHost> Start(bool servers) => servers ? JobApiHost.StartOnServers(Settings) : JobApiHost.Start(Settings);
}
