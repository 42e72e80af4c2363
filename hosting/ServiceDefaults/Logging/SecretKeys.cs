using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Logging;

/// <summary>
/// Redacts secrets in the audit trail and in logs, by the names of members. Names are compared without case, <c>_</c> and <c>-</c>, and may
/// contain more than the word: <c>token</c> covers <c>accessToken</c>.
/// </summary>
public sealed partial class SecretKeys
{
    public const string Setting = "JOBSYSTEM_SECRET_KEYS";
    public const string Redacted = "[redacted]";
    static readonly string[] usual =
        ["password", "passwd", "token", "secret", "authorization", "api_key", "apikey", "credential", "private_key", "access_key"];
    readonly string[] words;

    public SecretKeys(IEnumerable<string> names) => words = [.. names.Select(Bare).Where(x => x.Length > 0).Distinct()];

    /// <summary>The configured list replaces the default one.</summary>
    public static SecretKeys From(IConfiguration configuration) =>
        new(configuration.List(Setting) is { Length: > 0 } given ? given : usual);

    public bool IsSecret(string name)
    {
        var bare = Bare(name);
        return words.Any(x => bare.Contains(x, StringComparison.Ordinal));
    }

    /// <summary>A copy in which values of secret names are replaced at any depth, and strings are cleaned by <see cref="Clean"/>.</summary>
    public JsonNode Redact(JsonNode node) => node switch
    {
        JsonObject members => new JsonObject(
            members.Select(x => KeyValuePair.Create(x.Key, x.Value is null ? null : IsSecret(x.Key) ? Redacted : Redact(x.Value)))),
        JsonArray items => new JsonArray([.. items.Select(x => x is null ? null : Redact(x))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(Clean(value.GetValue<string>())),
        _ => node.DeepClone(),
    };

    /// <summary>Replaces secrets in free text: <c>password=…</c>, <c>"token": "…"</c>, <c>Bearer …</c>, our own keys.</summary>
    public string Clean(string text)
    {
        var clean = Bearers().Replace(text, x => $"{x.Groups["scheme"].Value} {Redacted}");
        clean = IssuedKeys().Replace(clean, Redacted);
        return Assignments().Replace(
            clean, x => IsSecret(x.Groups["name"].Value) ? $"{x.Groups["name"].Value}{x.Groups["sign"].Value}{Redacted}" : x.Value);
    }

    static string Bare(string name) => string.Concat(name.Where(x => x is not ('_' or '-' or ' '))).ToLowerInvariant();

    [GeneratedRegex(@"\b(?<scheme>Bearer|Basic)\s+[\w.~+/=-]{6,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Bearers();

    [GeneratedRegex(@"\bjsk?_[0-9a-f]{16,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex IssuedKeys();

    [GeneratedRegex("""(?<name>[\w-]{1,64})(?<sign>["']?\s{0,4}[:=]\s{0,4})(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Assignments();
}
