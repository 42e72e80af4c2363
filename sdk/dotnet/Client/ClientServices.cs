using JobSystem.Client.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace JobSystem.Client;

/// <summary>Adds the client to a program.</summary>
public static class ClientServices
{
    /// <summary>
    /// Registers <see cref="IJobs"/> and <see cref="JobSystemClient"/>. Address and key come from <paramref name="configure"/>, or else from the settings
    /// <c>JOBSYSTEM_URL</c> and <c>JOBSYSTEM_API_KEY</c> of the configuration or the environment. What is missing is reported when the program starts.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options. Default: nothing.</param>
    /// <returns>The builder of the HTTP client, to add handlers.</returns>
    public static IHttpClientBuilder AddJobSystemClient(this IServiceCollection services, Action<JobSystemClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<JobSystemClientOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }
        if (services.All(x => x.ServiceType != typeof(JobSystemClient)))
        {
            options.PostConfigure<IServiceProvider>(static (x, provider) => x.WithDefaults(Settings(provider))).ValidateOnStart();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JobSystemClientOptions>, ClientOptionsValidation>());
            services.AddSingleton(static provider => new JobSystemClient(
                provider.GetRequiredService<IOptions<JobSystemClientOptions>>().Value,
                provider.GetRequiredService<IHttpClientFactory>(), provider));
            services.AddSingleton<IJobs>(static provider => provider.GetRequiredService<JobSystemClient>());
            return AddHttpClient(services);
        }
        return services.AddHttpClient(JobSystemClient.HttpClientName);
    }

    static IHttpClientBuilder AddHttpClient(IServiceCollection services)
    {
        var client = services.AddHttpClient(JobSystemClient.HttpClientName)
            .ConfigureHttpClient(static x => x.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(static () => RequestHandlers.CreatePrimary());
        client.AddResilienceHandler("JobSystem", static (builder, context) =>
            RequestRetries.Configure(builder, context.ServiceProvider.GetRequiredService<IOptions<JobSystemClientOptions>>().Value));
        return client
            .AddHttpMessageHandler(static () => new AnswerBuffer())
            .AddHttpMessageHandler(static x => new CredentialHandler(x.GetRequiredService<IOptions<JobSystemClientOptions>>().Value));
    }

    static Func<string, string?> Settings(IServiceProvider services)
    {
        var configuration = services.GetService<IConfiguration>();
        return name => configuration?[name] ?? Environment.GetEnvironmentVariable(name);
    }
}
