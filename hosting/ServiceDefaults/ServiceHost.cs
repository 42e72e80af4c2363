using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults;

/// <summary>Builds and runs a service; an invalid setting is reported in one line instead of a stack trace.</summary>
public static class ServiceHost
{
    /// <summary>The exit code for a setting that is missing or wrong (EX_CONFIG of sysexits.h).</summary>
    public const int WrongSetting = 78;

    /// <summary>
    /// Settings are read once, at the start. Watching files for changes would cost every process an inotify instance, of which a user has
    /// 128 on many systems, shared by all containers of a host.
    /// </summary>
    public const string WithoutReload = "--hostBuilder:reloadConfigOnChange=false";

    public static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        try
        {
            var builder = WebApplication.CreateBuilder([.. args, WithoutReload]);
            builder.AddServiceDefaults();
            add(builder);
            await using var app = builder.Build();
            app.MapServiceDefaults();
            map(app);
            await app.RunAsync();
            return 0;
        }
        catch (Exception error) when (error is SettingException or OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return WrongSetting;
        }
    }
}
