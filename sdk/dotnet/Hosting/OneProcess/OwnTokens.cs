using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.Extensions.Configuration;

namespace JobSystem.Hosting.OneProcess;

/// <summary>Tokens that are signed with a key of this system, unless the configuration has another one or an authority.</summary>
static class OwnTokens
{
    const string Name = "jobsystem";

    /// <summary>The settings that the configuration leaves open.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Settings(IConfiguration configuration, Func<string> key)
    {
        var hasAuthority = configuration.Optional(JwtSettings.AuthoritySetting) is not null;
        if (!hasAuthority)
        {
            yield return new(JwtSettings.SigningKeySetting, configuration.Optional(JwtSettings.SigningKeySetting) ?? key());
            yield return new(JwtSettings.IssuerSetting, configuration.Optional(JwtSettings.IssuerSetting) ?? Name);
        }
        yield return new(JwtSettings.AudienceSetting, configuration.Optional(JwtSettings.AudienceSetting) ?? Name);
    }
}
