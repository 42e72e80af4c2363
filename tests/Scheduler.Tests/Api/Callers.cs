using System.Text;
using JobSystem.ServiceDefaults.Authentication;

namespace JobSystem.Scheduler.Tests.Api;

/// <summary>Callers of every kind, each with a token.</summary>
static class Callers
{
    public const string SigningKey = "a-signing-key-for-tests-of-32-bytes-or-more";

    static readonly JwtSettings jwt = new() { SigningKey = new(Encoding.UTF8.GetBytes(SigningKey)), Issuer = "tests", Audience = "tests" };

    public static readonly (string, string) Alice = Token("alice");
    public static readonly (string, string) Bob = Token("bob");
    public static readonly (string, string) Viewer = Token("victor", "view_jobs");
    public static readonly (string, string) Manager = Token("mary", "manage_jobs");

    static (string, string) Token(string owner, params string[] permissions) =>
        ("Authorization", $"Bearer {TokenIssuer.Issue(jwt, owner, permissions, TimeSpan.FromMinutes(10), TimeProvider.System.GetUtcNow())}");
}
