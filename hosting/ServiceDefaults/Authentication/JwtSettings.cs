using System.Text;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.IdentityModel.Tokens;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>Accepted tokens: signed with a shared key, or issued by an OpenID provider.</summary>
public sealed record JwtSettings
{
    public const string SigningKeySetting = "Auth:Jwt:SigningKey";
    public const string AuthoritySetting = "Auth:Jwt:Authority";
    public const string IssuerSetting = "Auth:Jwt:Issuer";
    public const string AudienceSetting = "Auth:Jwt:Audience";

    /// <summary>Minimum key length: that of the hash.</summary>
    public const int ShortestKey = 32;

    public required string Audience { get; init; }

    /// <summary>Null with an authority whose metadata names it.</summary>
    public string? Issuer { get; init; }
    public SymmetricSecurityKey? SigningKey { get; init; }
    public Uri? Authority { get; init; }

    /// <summary>Null if nothing is configured; tokens are then not accepted.</summary>
    public static JwtSettings? From(IConfiguration configuration)
    {
        var (key, authority) = (configuration.Optional(SigningKeySetting), configuration.Optional(AuthoritySetting));
        var (issuer, audience) = (configuration.Optional(IssuerSetting), configuration.Optional(AudienceSetting));
        return (key, authority) switch
        {
            (null, null) when (issuer ?? audience) is null => null,
            (null, null) => throw Wrong(
                issuer is null ? AudienceSetting : IssuerSetting,
                $"is set, but neither {SigningKeySetting} nor {AuthoritySetting} is: tokens could not be checked"),
            (not null, not null) =>
                throw Wrong(AuthoritySetting, $"and {SigningKeySetting} are both set; one of them decides whose tokens are accepted"),
            _ when audience is null =>
                throw Wrong(AudienceSetting, "is not set. It is what tokens must name as their audience (aud), for example 'jobsystem'"),
            (not null, null) when issuer is null =>
                throw Wrong(IssuerSetting, "is not set. It is what tokens must name as their issuer (iss), for example 'jobsystem'"),
            (not null, null) => new() { SigningKey = Key(key), Issuer = issuer, Audience = audience },
            (null, not null) => new() { Authority = Address(authority), Issuer = issuer, Audience = audience },
        };
    }

    static SymmetricSecurityKey Key(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length >= ShortestKey
            ? new SymmetricSecurityKey(bytes)
            : throw Wrong(
                SigningKeySetting,
                $"has {bytes.Length} bytes, but must have at least {ShortestKey}, for example from 'openssl rand -hex 32'");
    }

    static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address
            : throw Wrong(AuthoritySetting, $"is '{text}', but must be an https:// address");

    static SettingException Wrong(string setting, string what) =>
        new($"{setting} (in the environment {setting.Replace(":", "__", StringComparison.Ordinal)}) {what}.");
}
