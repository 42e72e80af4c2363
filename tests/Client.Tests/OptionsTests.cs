using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.Client.Tests;

/// <summary>Options that are missing or wrong are named, with what was expected.</summary>
public sealed class OptionsTests
{
    public static TheoryData<JobSystemClientOptions, string> Wrong => new()
    {
        { new() { ApiKey = "k" }, "JobSystem client: Url (JOBSYSTEM_URL): expected the address of JobSystem, such as https://jobs.example.com; got nothing" },
        { new() { ApiKey = "k", Url = "localhost:8080" }, "JobSystem client: Url (JOBSYSTEM_URL): expected the address of JobSystem, such as https://jobs.example.com; got \"localhost:8080\"" },
        { new() { ApiKey = "k", Url = "http://jobs.example.com/api/v1/" }, "JobSystem client: Url (JOBSYSTEM_URL): expected the address of JobSystem, such as https://jobs.example.com, without /api/v1; got \"http://jobs.example.com/api/v1/\"" },
        { new() { ApiKey = "k", Url = "http://me:secret@jobs.example.com" }, "JobSystem client: Url (JOBSYSTEM_URL): expected the address of JobSystem, such as https://jobs.example.com, without user, query or fragment" },
        { new() { Url = "http://jobs.example.com" }, "JobSystem client: ApiKey (JOBSYSTEM_API_KEY): expected an API key, or a TokenProvider; got neither" },
        { new() { Url = "http://jobs.example.com", ApiKey = "k", TokenProvider = _ => new("t") }, "JobSystem client: expected one of ApiKey and TokenProvider; got both" },
        { new() { Url = "http://jobs.example.com", ApiKey = "a key" }, "JobSystem client: ApiKey (JOBSYSTEM_API_KEY): expected printable ASCII characters without spaces; got others" },
        { new() { Url = "http://jobs.example.com", ApiKey = "k", Patience = TimeSpan.FromSeconds(-1) }, "JobSystem client: Patience: expected zero or more, got -00:00:01" },
        { new() { Url = "http://jobs.example.com", ApiKey = "k", RequestTimeout = TimeSpan.Zero }, "JobSystem client: RequestTimeout: expected more than zero, got 00:00:00" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Client_WithAWrongOption_NamesIt(JobSystemClientOptions options, string expected) =>
        Assert.Equal([expected], Assert.Throws<OptionsValidationException>(() => new JobSystemClient(options)).Failures);

    [Fact]
    public void Container_WithoutOptions_NamesAllThatAreMissing()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddJobSystemClient();
        using var provider = services.BuildServiceProvider();

        Assert.Equal(2, Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IJobs>()).Failures.Count());
    }

    [Fact]
    public void Container_WithOptionsAndSettings_PrefersTheOptions()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["JOBSYSTEM_URL"] = "http://other.example.com", ["JOBSYSTEM_API_KEY"] = "other" }).Build());
        services.AddJobSystemClient(x => x.Url = "http://jobs.example.com");
        services.AddJobSystemClient(x => x.TokenProvider = _ => new("token"));
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<JobSystemClientOptions>>().Value;

        Assert.Equal(("http://jobs.example.com", null), (options.Url, options.ApiKey));
        Assert.Single(provider.GetServices<IJobs>());
    }
}
