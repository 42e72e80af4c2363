using JobSystem.Hosting;
using JobSystem.Hosting.Embedding;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Sqlite;
using JobSystem.JobApi.Time;
using JobSystem.Testing.Clock;
using JobSystem.Worker;
using JobSystem.Worker.Control;
using JobSystem.Worker.Http;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Testing.InMemory;

/// <summary>
/// An application with the system inside, composed as always. The test's clock decides what is due: delays, retries, schedules, expiry, time limits and
/// retention. Pauses and polls of the system itself go on in real time.
/// </summary>
static class InMemorySystem
{
    const int Slots = 64;

    /// <summary>No lease ends because the clock was moved: the worker cannot be lost. Within what timestamps of nanoseconds can hold.</summary>
    static readonly TimeSpan lease = TimeSpan.FromDays(10_000);

    /// <exception cref="InvalidOperationException">The services have a clock of their own.</exception>
    public static IHost Build(TestClock clock, Action<JobTasks> map, Action<IServiceCollection>? configure)
    {
        // Settings in the environment are not the test's
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        var services = builder.Services;
        builder.AddJobSystem(x =>
        {
            x.UseTemporaryFolder();
            x.ConfigureSystem = own => SetClock(own, clock);
        }).Configure(x =>
        {
            (x.Slots, x.Drain) = (Slots, TimeSpan.Zero);
            map(x.Tasks);
        });
        // Otherwise the tests' process would not end at a signal
        services.Replace(ServiceDescriptor.Singleton<IHostLifetime, OuterLifetime>());
        services.RemoveAll<TimeProvider>();
        // First, for services that bring the time of the machine unless there is a clock
        services.AddSingleton<TimeProvider>(clock);
        configure?.Invoke(services);
        if (services.Any(x => x.ServiceType == typeof(TimeProvider) && !x.IsKeyedService && x.ImplementationInstance != clock))
        {
            throw new InvalidOperationException(
                "The services of the test have a TimeProvider. The system brings a clock of its own: leave it out, say when it starts with startAt, "
                + "and move it with Advance.");
        }
        SetWorkerClock(services, new PartialClock(clock, TimeProvider.System));
        return builder.Build();
    }

    static void SetClock(IServiceCollection services, TestClock clock)
    {
        services.AddSingleton<TimeProvider>(new PartialClock(clock, TimeProvider.System));
        services.Replace(ServiceDescriptor.Singleton(_ => new SteadyTime(clock)));
        services.Replace(ServiceDescriptor.Singleton(x => new DatabaseClock(
            x.GetRequiredService<IJobStore>(), new PartialClock(clock, clock), x.GetRequiredService<IOptions<LifecycleOptions>>(),
            x.GetRequiredService<ILogger<DatabaseClock>>())));
        var settings = services.Last(x => x.ServiceType == typeof(IOptions<LifecycleOptions>));
        ((IOptions<LifecycleOptions>)settings.ImplementationInstance!).Value.LeaseSeconds = lease.TotalSeconds;
    }

    /// <summary>Of the worker's parts only attempts have times that are the test's: those that limit them.</summary>
    static void SetWorkerClock(IServiceCollection services, TimeProvider time)
    {
        Replace<IWorkerTransport, HttpTransport>();
        Replace<ReportSender, ReportSender>();
        Replace<EnqueueSender, EnqueueSender>();
        Replace<Prefetch, Prefetch>();
        Replace<AttemptRequests, AttemptRequests>();
        Replace<RequestSender, RequestSender>();
        Replace<HeartbeatLoop, HeartbeatLoop>();
        Replace<WorkerLifetime, WorkerLifetime>();
        Replace<EmbeddedSystem, EmbeddedSystem>();

        void Replace<TService, TImplementation>() where TService : class where TImplementation : class, TService =>
            services.Replace(ServiceDescriptor.Singleton<TService>(x => ActivatorUtilities.CreateInstance<TImplementation>(x, time)));
    }
}
