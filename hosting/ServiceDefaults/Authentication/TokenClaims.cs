using System.Buffers.Text;
using System.Text.Json;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>
/// Who a token speaks for. Read from the token's own JSON, because the library makes texts of numbers and objects too: a subject 7 is not
/// a subject "7".
/// </summary>
internal readonly record struct TokenClaims(string Owner, Permission Granted)
{
    private const string Role = "role";
    private const string Administrator = "admin";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Null if there is no valid subject.</summary>
    public static TokenClaims? Read(string payload)
    {
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(payload), Strict);
            return json.RootElement.TryGetProperty("sub", out var subject) && subject.TryText(out var owner) && CallerScope.IsOwner(owner)
                ? new TokenClaims(owner, GrantedBy(json.RootElement))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Permission GrantedBy(JsonElement claims)
    {
        var role = claims.TryGetProperty(Role, out var roles) && Texts(roles).Contains(Administrator) ? Permission.Admin : Permission.None;
        return claims.TryGetProperty(Permissions.Claim, out var words) ? role | Permissions.Of(Texts(words).SelectMany(x => x.Split(' '))) : role;
    }

    private static IEnumerable<string> Texts(JsonElement value) =>
        (value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value]).Select(x => x.TryText(out var text) ? text : "");
}
