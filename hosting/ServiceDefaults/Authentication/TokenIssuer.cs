using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>Signs tokens with the key that the services check them with.</summary>
public static class TokenIssuer
{
    /// <param name="settings">With a signing key; tokens of an authority come from there.</param>
    public static string Issue(JwtSettings settings, string owner, IReadOnlyList<string> permissions, TimeSpan life, DateTimeOffset now)
    {
        var key = settings.SigningKey
            ?? throw new SettingException($"{JwtSettings.SigningKeySetting} is not set: tokens are issued by {settings.Authority}.");
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = settings.Issuer,
            Audience = settings.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + life).UtcDateTime,
            Claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = owner, [Permissions.Claim] = permissions },
            SigningCredentials = new(key, SecurityAlgorithms.HmacSha256),
        });
    }
}
