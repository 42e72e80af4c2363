using System.Buffers.Text;
using System.Text.Json;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>
/// Owner and permissions of a token. They are read from the token's JSON, because the library converts numbers and objects to strings too:
/// the subject 7 is not the subject "7".
/// </summary>
readonly record struct TokenClaims(string Owner, Permission Granted)
{
    const string Role = "role";
    const string Administrator = "admin";
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

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

    static Permission GrantedBy(JsonElement claims)
    {
        var role = claims.TryGetProperty(Role, out var roles) && Texts(roles).Contains(Administrator) ? Permission.Admin : Permission.None;
        return claims.TryGetProperty(Permissions.Claim, out var words)
            ? role | Permissions.Parse(Texts(words).SelectMany(x => x.Split(' ')))
            : role;
    }

    static IEnumerable<string> Texts(JsonElement value) =>
        (value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value])
            .Select(x => x.TryText(out var text) ? text : "");
}
