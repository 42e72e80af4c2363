using JobSystem.Client;
using JobSystem.Client.Operations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Http;

/// <summary>The HTTP client of the worker. It repeats nothing by itself: the worker knows better when.</summary>
sealed class WorkerClient : IDisposable
{
    const string UrlSetting = "JOBSYSTEM_URL";
    const string KeySetting = "JOBSYSTEM_API_KEY";
    readonly JobSystemClient client;

    /// <exception cref="WorkerSettingException">Address or key are missing or not valid.</exception>
    public WorkerClient(IConfiguration configuration)
    {
        var options = Read(configuration);
        (client, Address) = (new(options), options.Url!);
    }

    /// <summary>For a system in the same process.</summary>
    public WorkerClient(JobSystemClient client, string address) => (this.client, Address) = (client, address);

    public string Address { get; }

    public WorkerSessionOperations Sessions => client.WorkerSessions;

    /// <summary>Address and key.</summary>
    /// <exception cref="WorkerSettingException">One of them is missing or not valid.</exception>
    public static JobSystemClientOptions Read(IConfiguration configuration)
    {
        if (configuration[UrlSetting] is not { Length: > 0 } url)
        {
            throw new WorkerSettingException($"{UrlSetting} is not set. It is the address of JobSystem: https://jobs.example.com");
        }
        if (configuration[KeySetting] is not { Length: > 0 } key)
        {
            throw new WorkerSettingException($"{KeySetting} is not set. It is an API key with the permission run_jobs");
        }
        try
        {
            return ClientOptionsValidation.ThrowIfInvalid(new() { Url = url, ApiKey = key, Patience = TimeSpan.Zero });
        }
        catch (OptionsValidationException exception)
        {
            throw new WorkerSettingException(exception.Message, exception);
        }
    }

    public void Dispose() => client.Dispose();
}
